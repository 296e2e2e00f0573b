import type { Clock } from '../../base/clock.ts';
import type { Fence } from '../../storage/leases.ts';
import type { Store } from '../../storage/store.ts';

/**
 * Longest time that a process may be suspended between its commit and its send, in milliseconds; the lease lasts 15 s.
 */
const SEND_WINDOW_MS = 5_000;

/** The dependencies of a commit before a send. */
interface CommitDeps {
  store: Store;
  clock: Clock;
  fence?: Fence;
}

/**
 * Makes the commit that must precede a send. If the process was suspended meanwhile, the lease is renewed, so that a
 * process without the lease does not send.
 * @returns a check for the last moment before the send: whether the proof of the lease is still fresh
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
