import { toAppError } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { RunnerDeps } from '../deps.ts';

/** How much working time may be lost with a process, in milliseconds. */
const FOLD_MS = 5_000;

/**
 * Begins a stretch of `running`, and folds it into `activeMs` again and again, so that rate and ETA hold after a
 * takeover: what a dead process left in `activeSince` can't be told from the time that nobody worked.
 */
export async function keepActiveTime(
  batch: BatchRecord,
  fence: Fence,
  { store, clock, log }: RunnerDeps,
): Promise<{ stop(): Promise<void> }> {
  const stopped = new AbortController();
  let { activeMs } = batch;
  let activeSince = clock.now();
  let monotonic = clock.monotonic();
  await store.updateBatch(batch.id, { activeSince }, { fence });
  const fold = async (): Promise<void> => {
    while (true) {
      await clock.sleep(FOLD_MS, stopped.signal);
      // Whole milliseconds, as the store keeps them; the fraction counts the next time.
      const worked = Math.floor(clock.monotonic() - monotonic);
      activeMs += worked;
      monotonic += worked;
      activeSince = clock.now();
      await store.updateBatch(batch.id, { activeMs, activeSince }, { fence });
    }
  };
  const folding = fold().catch((thrown: unknown) => {
    const { code } = toAppError(thrown);
    // A lost lease or store is the rows' to report.
    if (!['aborted', 'lease_lost', 'store_unavailable'].includes(code))
      log.warn({ batchId: batch.id, code }, 'working time is not kept');
  });
  return {
    stop: async () => {
      stopped.abort();
      await folding;
    },
  };
}

/**
 * What of the present stretch is not folded in yet, in milliseconds. It can't be much: more is a wall clock that was set,
 * or a process that stood still.
 */
export function unfoldedMs({ activeSince }: Pick<BatchRecord, 'activeSince'>, now: number): number {
  return activeSince === null ? 0 : Math.min(Math.max(0, now - activeSince), 2 * FOLD_MS);
}
