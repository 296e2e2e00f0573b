import { createStore } from './store.ts';

/** Whether the page waits for a key. */
export const needsKey = createStore(false);

let waiting: { promise: Promise<void>; resolve: () => void } | undefined;

/** Shows the sign-in dialog over the page; resolves when a person has signed in. */
export function askForKey(): Promise<void> {
  waiting ??= Promise.withResolvers<void>();
  needsKey.set(true);
  return waiting.promise;
}

/** Lets the requests that wait for a key go on. */
export function keyIsGiven(): void {
  waiting?.resolve();
  waiting = undefined;
  needsKey.set(false);
}
