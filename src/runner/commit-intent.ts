import type { Clock } from '../clock.ts';
import type { Fence, JournalIntent, Store } from '../storage/store.ts';

/** Longest time that a process may have stood still between its commit and its send, in milliseconds; the lease lasts 15 s. */
const SEND_WINDOW_MS = 5_000;

/** Commits an intent; after a standstill the lease is proved again, so that a process that slept does not send. */
export async function commitIntent(
  intent: JournalIntent,
  { store, clock, fence }: { store: Store; clock: Clock; fence?: Fence },
): Promise<void> {
  const before = clock.monotonic();
  await store.writeIntent(intent, fence);
  if (fence !== undefined && clock.monotonic() - before > SEND_WINDOW_MS) await store.renewLease(fence);
}
