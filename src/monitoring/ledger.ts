import { isoTime } from '../base/clock.ts';
import type { LedgerReport } from '../runner/contract/service/ledger.ts';
import type { LedgerCall } from '../storage/usage.ts';

/** A call as it is shown. */
export function ledgerReportOf({
  run,
  turn,
  model,
  way,
  at,
  usage,
  costMicroUsd,
  savedMicroUsd,
}: LedgerCall): LedgerReport {
  return {
    ...{ run, turn, model, way, at: isoTime(at) },
    input_tokens: usage?.inputTokens ?? 0,
    output_tokens: usage?.outputTokens ?? 0,
    cost_usd: costMicroUsd === null ? null : costMicroUsd / 1e6,
    saved_usd: savedMicroUsd / 1e6,
  };
}
