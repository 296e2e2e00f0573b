import type { Clock } from '../clock.ts';
import type { Fence, JournalIntent, Store } from '../storage/store.ts';

/** Longest time that a process may have stood still between its commit and its send, in milliseconds; the lease lasts 15 s. */
const SEND_WINDOW_MS = 5_000;

/** What a commit before a send is made with. */
interface CommitDeps {
  store: Store;
  clock: Clock;
  fence?: Fence;
}

/** Commits an intent before its call is sent; see {@link commitBeforeSend}. */
export function commitIntent(intent: JournalIntent, deps: CommitDeps): Promise<void> {
  return commitBeforeSend(() => deps.store.writeIntent(intent, deps.fence), deps);
}

/** Commits what must stand before a send; after a standstill the lease is proved again, so that a process that slept does not send. */
export async function commitBeforeSend(
  commit: () => Promise<void>,
  { store, clock, fence }: CommitDeps,
): Promise<void> {
  const before = clock.monotonic();
  await commit();
  if (fence !== undefined && clock.monotonic() - before > SEND_WINDOW_MS) await store.renewLease(fence);
}
