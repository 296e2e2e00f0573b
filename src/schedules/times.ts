import type { Cron } from 'croner';
import { AppError } from '../base/errors.ts';
import { loadLater } from '../base/process/load-later.ts';

const croner = loadLater<typeof import('croner')>('croner');

const EXAMPLE = 'Write minute, hour, day of the month, month and weekday, such as "0 2 * * *" for each night at 02:00.';

/** The times of a cron expression, in milliseconds since the epoch. */
export interface Times {
  /** The first time after `after`. */
  next(after: number): number;
  /** The first `count` times after `after`. */
  following(after: number, count: number): number[];
}

/**
 * Reads a cron expression. A fixed time of day occurs once on every day: one that the start of summer time skips occurs
 * when the clock has moved on, one that its end repeats occurs the first time only. Hours and minutes given as `*` go on
 * through both.
 * @param timeZone null: the time zone of the process
 * @throws AppError `invalid_arguments` with the part that is wrong
 */
export function timesOf(cron: string, timeZone: string | null): Times {
  if (timeZone !== null) requireTimeZone(timeZone);
  const parts = cron.trim().split(/\s+/);
  if (parts.length !== 5 && !cron.startsWith('@'))
    throw wrong(
      'cron',
      `"${cron}" has ${parts.length === 1 ? '1 part' : `${parts.length} parts`}, not five. ${EXAMPLE}`,
    );
  let pattern: Cron;
  try {
    pattern = new (croner().Cron)(cron, {
      paused: true,
      mode: '5-part',
      ...(timeZone !== null && { timezone: timeZone }),
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^CronPattern: /, '') : 'it can not be read';
    throw wrong('cron', `"${cron}": ${reason.replace(/\.?$/, '.')} ${EXAMPLE}`, cause);
  }
  const next = (after: number): number => {
    const time = pattern.nextRun(new Date(after))?.getTime();
    if (time === undefined) throw wrong('cron', `"${cron}" names a time that never comes. ${EXAMPLE}`);
    return time;
  };
  return {
    next,
    following(after, count) {
      const times: number[] = [];
      for (let at = after; times.length < count; ) {
        at = next(at);
        times.push(at);
      }
      return times;
    },
  };
}

function requireTimeZone(timeZone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch (cause) {
    throw wrong(
      'time_zone',
      `"${timeZone}" is not a time zone. Give an IANA name, such as Europe/Berlin or UTC.`,
      cause,
    );
  }
}

function wrong(place: string, message: string, cause?: unknown): AppError {
  return new AppError('invalid_arguments', `${place}: ${message}`, { faults: [{ place, message }], cause });
}
