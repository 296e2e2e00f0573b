import { AppError } from '../../base/errors.ts';
import type { RowAttempt } from '../../storage/rows.ts';
import type { Store } from '../../storage/store.ts';
import type { LiveRows } from '../lifecycle/live-rows.ts';
import { policyOf } from './retry-policy.ts';
import type { RowOutcome } from './row-run.ts';

/** The fault of a row that a person cancelled. */
export function rowCancelled(): AppError {
  return new AppError('row_cancelled', 'The row was cancelled. Queue it again to run it.');
}

/** What the answered calls of a run have cost, in micro-dollars, where prices are known. */
export async function spentOf(run: string, store: Pick<Store, 'readJournal'>): Promise<number> {
  const entries = await store.readJournal(run);
  return entries.reduce((sum, { answer }) => sum + (answer?.costMicroUsd ?? 0), 0);
}

/** The outcome of a run, which is a failure if the row was cancelled before its answer was there. */
export async function orCancelled(
  outcome: RowOutcome,
  { at, run, live, store }: { at: RowAttempt; run: string; live: LiveRows; store: Pick<Store, 'readJournal'> },
): Promise<RowOutcome> {
  if (outcome.kind === 'output' || !live.isCancelled(at)) return outcome;
  // A person's own cancellation says nothing about other rows, whatever its calls cost.
  const cancelled = { error: rowCancelled(), isCharged: false };
  if (outcome.kind === 'fault') {
    return policyOf(outcome.error) === 'return' ? { ...outcome, ...cancelled } : outcome;
  }
  return { kind: 'fault', input: null, processingMs: 0, costMicroUsd: await spentOf(run, store), ...cancelled };
}
