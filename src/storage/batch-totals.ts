import type { Usage } from '../protocol/messages.ts';

/**
 * Sums over a batch, updated in the transactions that change them, so that reading them never scans rows.
 * Money is in micro-dollars. `rows` is the count of rows loaded so far.
 */
export interface BatchTotals {
  rows: number;
  queued: number;
  running: number;
  succeeded: number;
  failed: number;
  /** Model calls that were sent and answered. */
  modelCalls: number;
  toolCalls: number;
  usage: Usage;
  /** Exact, over answered calls of known price. */
  costMicroUsd: number;
  /** Answered calls whose model has no known price. */
  unpricedCalls: number;
  /** Model calls that reused the answer of another row, at no cost. */
  cachedCalls: number;
  /** Original cost of the cached calls, where it is known. */
  savedMicroUsd: number;
  /** Cached calls whose original cost is unknown. */
  unpricedCachedCalls: number;
  /** Model calls that were answered by jobs of a provider's batch API. */
  batchCalls: number;
  /** Extra cost that those calls would have had in real time, over calls of known price. */
  discountMicroUsd: number;
  /** Calls that were sent and whose answer is not (yet) known, and the upper limit of their cost. */
  openCalls: number;
  openWorstMicroUsd: number;
}

/** Savings of batches, where prices are known, in micro-dollars: by batch APIs, and by answers from the cache. */
export interface Savings {
  discountMicroUsd: number;
  cacheMicroUsd: number;
}
