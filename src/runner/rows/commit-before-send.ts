import type { Clock } from '../../base/clock.ts';
import type { Fence } from '../../storage/leases.ts';
import type { Store } from '../../storage/store.ts';

/** Longest time that a process may have stood still between its commit and its send, in milliseconds; the lease lasts 15 s. */
const SEND_WINDOW_MS = 5_000;

/** What a commit before a send is made with. */
interface CommitDeps {
  store: Store;
  clock: Clock;
  fence?: Fence;
}

/**
 * Commits what must stand before a send; after a standstill the lease is proved again, so that a process that slept does
 * not send.
 * @returns whether what was proved then still holds: for the last moment before the send
 */
export async function commitBeforeSend(
  commit: () => Promise<void>,
  { store, clock, fence }: CommitDeps,
): Promise<() => boolean> {
  const isFresh = (since: number) => fence === undefined || clock.monotonic() - since <= SEND_WINDOW_MS;
  let proved = clock.monotonic();
  await commit();
  if (fence !== undefined && !isFresh(proved)) {
    proved = clock.monotonic();
    await store.renewLease(fence);
  }
  return () => isFresh(proved);
}
