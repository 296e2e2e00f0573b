import type { DatabaseSync } from 'node:sqlite';
import type { CallTimes, Period, WaitingSample } from '../../usage.ts';
import { prepare } from '../statement.ts';

const MINUTE_MS = 60_000;
/** Numbers are bound as reals, whose division has a fraction. */
const START = 'at / CAST(?3 AS INTEGER) * CAST(?3 AS INTEGER)';
const IN_PERIOD = 'seconds IN (60, 3600, 86400) AND at >= ?1 AND at < ?2';

/** SQL that adds counts of call times to those that are there. */
export const ADD_TIMES = 'ON CONFLICT (seconds, at, size) DO UPDATE SET calls = calls + excluded.calls';

/** SQL that keeps the most of two samples. */
export const KEEP_MOST = `ON CONFLICT (seconds, at) DO UPDATE SET jobs = max(jobs, excluded.jobs),
  rows = max(rows, excluded.rows), oldest_ms = max(oldest_ms, excluded.oldest_ms)`;

/** How many calls took how long, in buckets of so many seconds. */
export function prepareReadCallTimes(db: DatabaseSync): (period: Period, seconds: number) => CallTimes[] {
  const select = prepare<CallTimes>(
    db,
    `SELECT ${START} AS at, max(seconds) AS seconds, size, sum(calls) AS calls FROM call_times WHERE ${IN_PERIOD}
     GROUP BY 1, size ORDER BY 1, size`,
  );
  return ({ from, to }, seconds) => select.all(from, to, seconds * 1000);
}

/** The most that waited, in buckets of so many seconds. */
export function prepareReadWaiting(db: DatabaseSync): (period: Period, seconds: number) => WaitingSample[] {
  const select = prepare<WaitingSample & { seconds: number }>(
    db,
    `SELECT ${START} AS at, max(seconds) AS seconds, max(jobs) AS jobs, max(rows) AS rows, max(oldest_ms) AS oldestMs
     FROM waiting_samples WHERE ${IN_PERIOD} GROUP BY 1 ORDER BY 1`,
  );
  return ({ from, to }, seconds) => select.all(from, to, seconds * 1000);
}

/** Keeps a sample of what waits. */
export function prepareNoteWaiting(db: DatabaseSync): (sample: Omit<WaitingSample, 'seconds'>) => void {
  const insert = prepare(db, `INSERT INTO waiting_samples VALUES (60, ?, ?, ?, ?) ${KEEP_MOST}`);
  return ({ at, jobs, rows, oldestMs }) => {
    insert.run(Math.floor(at / MINUTE_MS) * MINUTE_MS, jobs, rows, oldestMs);
  };
}
