import type { JobStore } from '../storage/jobs.ts';

/** How long deliveries are shown after they were delivered, or after their last attempt: 30 days. */
const KEEP_MS = 30 * 24 * 3_600_000;
const PORTION = 1_000;

/** Deletes the deliveries that have been over for 30 days, until `signal` fires. */
export async function pruneDeliveries(
  { store, now }: { store: Pick<JobStore, 'pruneDeliveries'>; now: () => number },
  signal?: AbortSignal,
): Promise<void> {
  while (signal?.aborted !== true) {
    if ((await store.pruneDeliveries({ before: now() - KEEP_MS, limit: PORTION })) < PORTION) return;
  }
}
