import type { BatchOptions } from '../contract/options.ts';
import type { Problem } from '../contract/problem.ts';

/** The values of the options of the same names. */
export const CACHE_SCOPES = ['off', 'batch', 'all'] as const;
export const TRACES = ['all', 'failures', 'none'] as const;

/** What is wrong about what a batch is to keep and to use again. */
export function checkKept({ cache, trace, trace_days: days }: BatchOptions): Problem[] {
  const problems: Problem[] = [];
  const wrong = (message: string) => problems.push({ code: 'invalid_arguments', message });
  if (cache !== undefined && !CACHE_SCOPES.includes(cache)) wrong(`cache must be off, batch or all, not "${cache}".`);
  if (trace !== undefined && !TRACES.includes(trace)) wrong(`trace must be all, failures or none, not "${trace}".`);
  if (days !== undefined && !(Number.isFinite(days) && days >= 0)) {
    wrong(`trace_days must be a number of days from 0 on, not ${days}.`);
  }
  return problems;
}

/** What goes against itself without being wrong. */
export function keptWarnings({ cache = 'off', trace = 'all', trace_days: days }: BatchOptions = {}): string[] {
  if (cache === 'off' || (trace === 'all' && days === undefined)) return [];
  const when = trace === 'all' ? `${days} days after it has ended` : 'when it has ended';
  return [`The answers of this batch are pruned ${when}; from then on they serve no other batch.`];
}
