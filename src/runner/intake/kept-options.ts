import type { BatchOptions } from '../contract/request/options.ts';

/** Warnings about options that are valid but conflict: a cache whose answers are pruned. */
export function keptWarnings({ cache = 'off', trace = 'all', trace_days: days }: BatchOptions = {}): string[] {
  if (cache === 'off' || (trace === 'all' && days === undefined)) return [];
  const when = trace === 'all' ? `${days} days after it has ended` : 'when it has ended';
  return [`The answers of this batch are pruned ${when}; after that, the cache of other batches can't use them.`];
}
