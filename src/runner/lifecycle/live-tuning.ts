import type { BatchTuning } from '../contract/options.ts';

/** How a batch is tuned while its rows are at work: the heartbeat tells, whoever depends on it listens. */
export interface LiveTuning {
  now(): BatchTuning;
  /** From the heartbeat; listeners are called only when something is different. */
  tell(tuning: BatchTuning): void;
  /** Returns the function that ends the listening. */
  listen(listener: (tuning: BatchTuning) => void): () => void;
}

/** @param first how it is tuned when the work begins */
export function createLiveTuning(first: BatchTuning): LiveTuning {
  let current = first;
  const listeners = new Set<(tuning: BatchTuning) => void>();
  return {
    now: () => current,
    tell(tuning) {
      if (isSame(current, tuning)) return;
      current = tuning;
      for (const listener of listeners) listener(tuning);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function isSame(a: BatchTuning, b: BatchTuning): boolean {
  return a.concurrency === b.concurrency && a.max_cost_usd === b.max_cost_usd && a.priority === b.priority;
}
