import type { Caller } from '../runner/contract/caller.ts';

/** What the middleware sets for every route. */
export interface HttpEnv {
  Variables: {
    /** Names the request in its answer and in the log. */
    requestId: string;
    /** Who calls; the local caller where no key is required. */
    caller: Caller;
    /** The `Idempotency-Key` of the request together with its caller, on routes with `idempotent()`. */
    idempotencyKey: string | undefined;
  };
}
