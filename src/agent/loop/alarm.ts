import type { Clock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';

/** Something that is due at a time, which may move. */
export interface Due {
  /** On the clock's monotonic scale; Infinity while it is not known. */
  at(): number;
  /** Called once, when that time has come. */
  ring(): void;
}

/** What is due by one clock, with one timer for all of it: a timer for each run of a batch takes 12 µs of a row's 400. */
export interface Alarm {
  /** To be called again when its time has moved forward, or is known again; it may move back unsaid. Idempotent. */
  set(due: Due): void;
  /** Idempotent. The last one takes the timer with it. */
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

/** Why a timer ends that is not needed any more. Made once: an error for each of them costs 10 µs. */
const NOT_NEEDED = new AppError('aborted', 'The time is not waited for any more.');

/** Calls back once when the time is up; the returned function cancels that. */
export function after(delayMs: number, clock: Clock, callback: () => void): () => void {
  const cancelled = new AbortController();
  clock.sleep(delayMs, cancelled.signal).then(callback, (thrown) => {
    // The one way in which a sleep rejects is that it was cancelled.
    if (!cancelled.signal.aborted) throw thrown;
  });
  return () => cancelled.abort(NOT_NEEDED);
}
