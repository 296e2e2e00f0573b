import type { RowAttempt } from '../../storage/rows.ts';

/** The rows of a batch that run in this process, so that each can be cancelled alone. */
export interface LiveRows {
  /** The signal of one attempt: it fires with the batch's own, or when the row is cancelled. `end` forgets the attempt. */
  begin(at: RowAttempt): { signal: AbortSignal; end: () => void };
  /** Aborts an attempt, now or as soon as it begins. */
  cancel(at: RowAttempt): void;
  isCancelled(at: RowAttempt): boolean;
  /** Reports that a row was queued again. */
  requeue(): void;
  /** Whether a row was queued again since the rows began to run. */
  hasRequeued(): boolean;
  /** Calls back when a row was queued again. Returns the function that ends the listening. */
  listen(onRequeue: () => void): () => void;
}

/** @param hard cancels all rows */
export function createLiveRows(hard: AbortSignal): LiveRows {
  const running = new Map<number, AbortController>();
  /** The cancelled attempt of each row. */
  const cancelled = new Map<number, number>();
  const listeners = new Set<() => void>();
  let requeued = false;
  const abortAll = () => {
    for (const each of running.values()) each.abort(hard.reason);
  };
  hard.addEventListener('abort', abortAll, { once: true });
  const isCancelled = ({ row, attempt }: RowAttempt) => cancelled.get(row) === attempt;
  return {
    begin(at) {
      const controller = new AbortController();
      running.set(at.row, controller);
      if (hard.aborted || isCancelled(at)) controller.abort(hard.reason);
      return { signal: controller.signal, end: () => running.delete(at.row) };
    },
    cancel(at) {
      cancelled.set(at.row, at.attempt);
      running.get(at.row)?.abort();
    },
    isCancelled,
    requeue() {
      requeued = true;
      for (const listener of listeners) listener();
    },
    hasRequeued: () => requeued,
    listen(onRequeue) {
      listeners.add(onRequeue);
      return () => listeners.delete(onRequeue);
    },
  };
}
