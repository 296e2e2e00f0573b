import type { DatabaseSync } from 'node:sqlite';
import type { UsageStore } from '../../usage.ts';
import { prepare } from '../statement.ts';
import { ADD_TIMES, KEEP_MOST } from './load.ts';
import { ADD_BUCKET, SUMMED } from './usage-sums.ts';

const DAY_MS = 86_400_000;

/** A table of buckets: what tells its lines of one time apart, and how lines are put together. */
interface Buckets {
  table: string;
  keys: readonly string[];
  sums: readonly string[];
  add: string;
}

const TABLES: Buckets[] = [
  {
    table: 'usage_buckets',
    keys: ['series'],
    sums: SUMMED.map((column) => `sum(${column})`),
    add: ADD_BUCKET,
  },
  { table: 'call_times', keys: ['size'], sums: ['sum(calls)'], add: ADD_TIMES },
  { table: 'waiting_samples', keys: [], sums: ['max(jobs)', 'max(rows)', 'max(oldest_ms)'], add: KEEP_MOST },
];

/** Moves the buckets of at most one day of each table at a time, so that no transaction is long. */
export function prepareFoldUsage(db: DatabaseSync): (before: Parameters<UsageStore['foldUsage']>[0]) => boolean {
  const folds = TABLES.map((buckets) => prepareFold(db, buckets));
  const step = (from: number, to: number, before: number) => folds.map((fold) => fold(from, to, before)).includes(true);
  return ({ minutes, hours }) => step(60, 3_600, minutes) || step(3_600, 86_400, hours);
}

function prepareFold(db: DatabaseSync, { table, keys, sums, add: conflict }: Buckets) {
  const first = prepare<{ at: number | null }>(db, `SELECT min(at) AS at FROM ${table} WHERE seconds = ?`);
  const columns = ['?2', 'at / CAST(?2 * 1000 AS INTEGER) * CAST(?2 * 1000 AS INTEGER) AS start', ...keys, ...sums];
  const add = prepare(
    db,
    `INSERT INTO ${table} SELECT ${columns.join(', ')}
     FROM ${table} WHERE seconds = ?1 AND at < ?3 GROUP BY ${['start', ...keys].join(', ')} ${conflict}`,
  );
  const remove = prepare(db, `DELETE FROM ${table} WHERE seconds = ? AND at < ?`);
  return (from: number, to: number, before: number): boolean => {
    const at = first.get(from)?.at ?? null;
    // Only whole longer buckets, so that a later call of the same hour finds its place the same way.
    const limit = Math.floor(before / (to * 1000)) * to * 1000;
    if (at === null || at >= limit) return false;
    const end = Math.min(limit, Math.floor(at / DAY_MS) * DAY_MS + DAY_MS);
    add.run(from, to, end);
    remove.run(from, end);
    return true;
  };
}
