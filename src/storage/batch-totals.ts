import type { Usage } from '../protocol/messages.ts';

/**
 * Sums over a batch, kept in the transactions that change them, so that reading them never scans rows.
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
  /** Model calls that were answered by the answer of another row, at no cost. */
  cachedCalls: number;
  /** What those calls had cost first, where that is known. */
  savedMicroUsd: number;
  /** Those of them whose first cost is not known. */
  unpricedCachedCalls: number;
  /** Model calls that were answered by jobs of a provider's batch API. */
  batchCalls: number;
  /** What those of them whose price is known would have cost more in real time. */
  discountMicroUsd: number;
  /** Calls that were sent and whose answer is not (yet) known, and what they cost at worst. */
  openCalls: number;
  openWorstMicroUsd: number;
}

/** What batches have saved, where prices are known, in micro-dollars: by batch APIs, and by answers from the cache. */
export interface Savings {
  discountMicroUsd: number;
  cacheMicroUsd: number;
}
