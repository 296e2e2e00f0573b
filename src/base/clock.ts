import { AppError } from './errors.ts';

/** The source of time: a wall clock for records, a monotonic clock for durations, and sleep. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds of a monotonic clock. */
  monotonic(): number;
  /** Contract: rejects with `aborted` as soon as the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const abort = () => {
        clearTimeout(timer);
        const reason: unknown = signal?.reason;
        // A reason that is `aborted` already is passed on: creating an error costs more than the timer.
        const isSaid = reason instanceof AppError && reason.code === 'aborted';
        reject(isSaid ? reason : new AppError('aborted', 'The wait was cancelled.'));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, ms);
      if (signal?.aborted) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    }),
};

/** A time in milliseconds since 1970 as ISO 8601 in UTC; null where there is none. */
export function isoTime<At extends number | null>(at: At): At extends null ? null : string {
  return (at === null ? null : new Date(at).toISOString()) as At extends null ? null : string;
}
