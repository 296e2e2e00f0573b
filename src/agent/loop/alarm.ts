import type { Clock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';

/** A callback that is due at a time; the time may change. */
export interface Due {
  /** On the clock's monotonic scale; Infinity while it is unknown. */
  at(): number;
  /** Called once, when the time is reached. */
  ring(): void;
}

/** All callbacks that are due by one clock, with one timer: a timer for each run of a batch takes 12 µs of a row's 400. */
export interface Alarm {
  /** Call it again when the time becomes earlier or known; a later time needs no call. Idempotent. */
  set(due: Due): void;
  /** Idempotent. Removing the last one cancels the timer. */
  unset(due: Due): void;
}

const alarms = new WeakMap<Clock, Alarm>();

/** The alarm of a clock. */
export function alarmOf(clock: Clock): Alarm {
  const alarm = alarms.get(clock) ?? createAlarm(clock);
  alarms.set(clock, alarm);
  return alarm;
}

function createAlarm(clock: Clock): Alarm {
  const dues = new Set<Due>();
  let timer: { at: number; cancel: () => void } | undefined;
  const sleepUntil = (at: number) => {
    timer?.cancel();
    timer = undefined;
    if (at === Number.POSITIVE_INFINITY) return;
    timer = { at, cancel: after(at - clock.monotonic(), clock, look) };
  };
  const look = () => {
    timer = undefined;
    const now = clock.monotonic();
    for (const due of dues) {
      if (due.at() > now) continue;
      dues.delete(due);
      due.ring();
    }
    let next = Number.POSITIVE_INFINITY;
    for (const due of dues) next = Math.min(next, due.at());
    sleepUntil(next);
  };
  return {
    set(due) {
      dues.add(due);
      const at = due.at();
      if (timer === undefined || at < timer.at) sleepUntil(at);
    },
    unset(due) {
      if (dues.delete(due) && dues.size === 0) sleepUntil(Number.POSITIVE_INFINITY);
    },
  };
}

/** The reason for cancelling a timer. Made once: an error for each timer costs 10 µs. */
const NOT_NEEDED = new AppError('aborted', 'The timer is not needed any more.');

/** Calls back once when the time is up; the returned function cancels that. */
export function after(delayMs: number, clock: Clock, callback: () => void): () => void {
  const cancelled = new AbortController();
  clock.sleep(delayMs, cancelled.signal).then(callback, (thrown) => {
    // A sleep rejects only when it is cancelled.
    if (!cancelled.signal.aborted) throw thrown;
  });
  return () => cancelled.abort(NOT_NEEDED);
}
