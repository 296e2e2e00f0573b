import { type BatchTuning, TUNED } from '../contract/request/options.ts';

/** The tuning of a batch while its rows run: the heartbeat calls `tell`, and parts that depend on the tuning listen. */
export interface LiveTuning {
  now(): BatchTuning;
  /** Called by the heartbeat; calls the listeners only when the tuning has changed. */
  tell(tuning: BatchTuning): void;
  /** Returns the function that ends the listening. */
  listen(listener: (tuning: BatchTuning) => void): () => void;
}

/** @param first the tuning when the rows start to run */
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
  return TUNED.every((name) => a[name] === b[name]);
}
