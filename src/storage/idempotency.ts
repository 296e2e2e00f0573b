/** A request that carries an idempotency key. */
export interface IdempotentRequest {
  /** The id of the caller: keys of different callers are different keys. */
  caller: string;
  key: string;
  /** Of the request: its path and its body. */
  digest: string;
}

/** An answer that is given again. */
export interface KeptAnswer {
  status: number;
  headers: { [name: string]: string };
  body: string;
}

/** Whether a request may be carried out: only `new` ones are. */
export type IdempotencyClaim =
  | { state: 'new' }
  /** The same request is being carried out. */
  | { state: 'busy' }
  /** The key belongs to another request. */
  | { state: 'other' }
  | { state: 'answered'; answer: KeptAnswer };

/** Requests that are carried out once, and their answers. The contract of `storage/store.ts` holds. */
export interface IdempotencyStore {
  /**
   * Takes a key for a request. One whose process ended before an answer is taken again after `busyUntil`. Also removes
   * what has expired. Times in milliseconds since the epoch.
   */
  claimKey(
    request: IdempotentRequest,
    times: { now: number; busyUntil: number; expiresAt: number },
  ): Promise<IdempotencyClaim>;
  /** Keeps the answer of a claimed request. */
  keepAnswer(request: IdempotentRequest, answer: KeptAnswer): Promise<void>;
  /** Frees the key of a request that created nothing. */
  freeKey(request: IdempotentRequest): Promise<void>;
}
