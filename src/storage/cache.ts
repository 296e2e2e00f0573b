import type { Json } from '../protocol/messages.ts';
import type { JournalIntent, ModelCallKey } from './journal.ts';
import type { Fence } from './leases.ts';

/** An answer of another row that serves an identical request. */
export interface CachedAnswer {
  /** The model call that it was given to. */
  from: ModelCallKey;
  /** A ModelResponse. */
  response: Json;
  /** What the call that was sent had cost, in micro-dollars; null when that is not known. */
  savedMicroUsd: number | null;
}

/** A model call and the hash of its request. */
export interface HashedCall extends ModelCallKey {
  hash: Uint8Array;
}

/** Answers that may serve identical requests. The contract of `storage/store.ts` holds for every call. */
export interface CacheStore {
  /** An answer that a succeeded attempt (of one batch, or of any) got for a request of this hash, and whose body is kept. */
  findAnswer(hash: Uint8Array, within: string | null): Promise<CachedAnswer | undefined>;
  /** Writes a model call that was not sent, with the answer that another got. Nothing is charged; totals follow. */
  writeCachedAnswer(intent: JournalIntent, answer: CachedAnswer, fence: Fence): Promise<void>;
}
