import type { BatchOptions } from '../contract/options.ts';

/** What goes against itself without being wrong. */
export function keptWarnings({ cache = 'off', trace = 'all', trace_days: days }: BatchOptions = {}): string[] {
  if (cache === 'off' || (trace === 'all' && days === undefined)) return [];
  const when = trace === 'all' ? `${days} days after it has ended` : 'when it has ended';
  return [`The answers of this batch are pruned ${when}; from then on they serve no other batch.`];
}
