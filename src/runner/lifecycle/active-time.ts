import { toAppError } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Fence } from '../../storage/leases.ts';
import type { RunnerDeps } from '../deps.ts';

/** How much active time may be lost when a process dies, in milliseconds. */
const FOLD_MS = 5_000;

/**
 * Starts a period of `running` and adds it to `activeMs` regularly, so that rate and ETA stay correct after a takeover:
 * after a process died, active time since `activeSince` can't be distinguished from time in which no process ran.
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
      // Whole milliseconds, as in the store; the fraction counts the next time.
      const worked = Math.floor(clock.monotonic() - monotonic);
      activeMs += worked;
      monotonic += worked;
      activeSince = clock.now();
      await store.updateBatch(batch.id, { activeMs, activeSince }, { fence });
    }
  };
  const folding = fold().catch((thrown: unknown) => {
    const { code } = toAppError(thrown);
    // The row execution reports a lost lease or store.
    if (!['aborted', 'lease_lost', 'store_unavailable'].includes(code))
      log.warn({ batchId: batch.id, code }, 'active time is not stored');
  });
  return {
    stop: async () => {
      stopped.abort();
      await folding;
    },
  };
}

/**
 * The part of the current period that is not in `activeMs` yet, in milliseconds. It is bounded: a larger value means
 * that the wall clock was set, or that the process was suspended.
 */
export function unfoldedMs({ activeSince }: Pick<BatchRecord, 'activeSince'>, now: number): number {
  return activeSince === null ? 0 : Math.min(Math.max(0, now - activeSince), 2 * FOLD_MS);
}
