import { isoTime } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { LedgerPage, LedgerReport } from '../runner/contract/service/ledger.ts';
import type { LedgerCall, UsageStore } from '../storage/usage.ts';

/**
 * A page of the calls that the sums of a batch are made of.
 * @throws AppError `invalid_arguments` for an `after` that no page ended with
 */
export async function readLedger(
  { batchId, after = '0', limit, from, to }: LedgerPage,
  store: Pick<UsageStore, 'readLedger'>,
): Promise<{ calls: LedgerReport[]; next: string | null }> {
  if (!/^\d{1,15}$/.test(after)) {
    throw new AppError('invalid_arguments', `No page of the ledger ends with "${after}": give the next of a page.`);
  }
  const { calls, next } = await store.readLedger({
    ...{ batchId, after: Number(after), limit },
    ...(from !== undefined && { from: Date.parse(from) }),
    ...(to !== undefined && { to: Date.parse(to) }),
  });
  return { calls: calls.map(ledgerReportOf), next: next === null ? null : String(next) };
}

/** A call as it is shown. */
function ledgerReportOf({ run, turn, model, way, at, usage, costMicroUsd, savedMicroUsd }: LedgerCall): LedgerReport {
  return {
    ...{ run, turn, model, way, at: isoTime(at) },
    input_tokens: usage?.inputTokens ?? 0,
    output_tokens: usage?.outputTokens ?? 0,
    cost_usd: costMicroUsd === null ? null : costMicroUsd / 1e6,
    saved_usd: savedMicroUsd / 1e6,
  };
}
