import type { Json } from '../protocol/messages.ts';

/** An answer of another row that serves an identical request. */
export interface CachedAnswer {
  /** The model call that it was given to. */
  from: { run: string; turn: number };
  /** A ModelResponse. */
  response: Json;
  /** What the call that was sent had cost, in micro-dollars; null when that is not known. */
  savedMicroUsd: number | null;
}

/** A model call and the hash of its request. */
export interface HashedCall {
  run: string;
  turn: number;
  hash: Uint8Array;
}
