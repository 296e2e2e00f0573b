import type { Json } from '../protocol/messages.ts';
import type { JournalIntent, ModelCallKey } from './journal.ts';
import type { Fence } from './leases.ts';

/** An answer of another row, reused for an identical request. */
export interface CachedAnswer {
  /** The model call whose stored answer this is. */
  from: ModelCallKey;
  /** A ModelResponse. */
  response: Json;
  /** Cost of the call that was sent, in micro-dollars; null when it is unknown. */
  savedMicroUsd: number | null;
}

/** A model call and the hash of its request. */
export interface HashedCall extends ModelCallKey {
  hash: Uint8Array;
}

/** Answers that may be reused for identical requests. The contract of `storage/store.ts` holds for every call. */
export interface CacheStore {
  /**
   * An answer of a succeeded attempt for a request with this hash, whose body was not pruned. `within` is the id of the
   * only batch to search; null: all batches.
   */
  findAnswer(hash: Uint8Array, within: string | null): Promise<CachedAnswer | undefined>;
  /** Writes a model call that was not sent, with the answer of another call. Nothing is charged; totals are updated. */
  writeCachedAnswer(intent: JournalIntent, answer: CachedAnswer, fence: Fence): Promise<void>;
}
