import type { Clock } from '../../src/base/clock.ts';
import { AppError } from '../../src/base/errors.ts';

/** A clock that does not move until a test advances it. */
export interface ManualClock extends Clock {
  /** Advances the clock; every sleep that is due ends, in order. */
  advance(ms: number): Promise<void>;
  /** The number of waiting sleeps. */
  sleepers(): number;
}

export function createManualClock(): ManualClock {
  let time = 0;
  let sleeps: { until: number; wake: () => void }[] = [];
  return {
    now: () => time,
    monotonic: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleep = { until: time + ms, wake: resolve };
        const leave = () => {
          sleeps = sleeps.filter((other) => other !== sleep);
          reject(new AppError('aborted', 'The wait was cancelled.'));
        };
        sleeps.push(sleep);
        if (signal?.aborted) leave();
        else signal?.addEventListener('abort', leave, { once: true });
      }),
    async advance(ms) {
      time += ms;
      const due = sleeps.filter((sleep) => sleep.until <= time).toSorted((a, b) => a.until - b.until);
      sleeps = sleeps.filter((sleep) => sleep.until > time);
      for (const sleep of due) sleep.wake();
      await new Promise((resolve) => setImmediate(resolve));
    },
    sleepers: () => sleeps.length,
  };
}
