import type { Caller } from '../runner/contract/caller.ts';
import type { Runner } from '../runner/runner.ts';
import type { Store } from '../storage/store.ts';
import type { Callbacks } from './callbacks.ts';

/** What the jobs of a caller need. */
export interface JobsParts {
  store: Store;
  /** With the permissions of the caller. */
  runner: Runner;
  caller: Caller;
  callbacks: Callbacks;
  newId: (prefix: string) => string;
  /** Wall clock, in milliseconds since the epoch. */
  now: () => number;
}
