import type { DatabaseSync } from 'node:sqlite';
import type { UsageStore } from '../../usage.ts';
import { prepare } from '../statement.ts';
import { ADD_BUCKET, SUMMED } from './usage-sums.ts';

const DAY_MS = 86_400_000;

/** Moves the sums of at most one day at a time, so that no transaction is long. */
export function prepareFoldUsage(db: DatabaseSync): (before: Parameters<UsageStore['foldUsage']>[0]) => boolean {
  const first = prepare<{ at: number | null }>(db, 'SELECT min(at) AS at FROM usage_buckets WHERE seconds = ?');
  const add = prepare(
    db,
    `INSERT INTO usage_buckets
     SELECT ?2, at / CAST(?2 * 1000 AS INTEGER) * CAST(?2 * 1000 AS INTEGER) AS start, series, ${SUMMED.map((column) => `sum(${column})`).join(', ')}
     FROM usage_buckets WHERE seconds = ?1 AND at < ?3 GROUP BY start, series ${ADD_BUCKET}`,
  );
  const remove = prepare(db, 'DELETE FROM usage_buckets WHERE seconds = ? AND at < ?');
  const fold = (from: number, to: number, before: number): boolean => {
    const at = first.get(from)?.at ?? null;
    // Only whole longer buckets, so that a later call of the same hour finds its place the same way.
    const limit = Math.floor(before / (to * 1000)) * to * 1000;
    if (at === null || at >= limit) return false;
    const end = Math.min(limit, Math.floor(at / DAY_MS) * DAY_MS + DAY_MS);
    add.run(from, to, end);
    remove.run(from, end);
    return true;
  };
  return ({ minutes, hours }) => fold(60, 3_600, minutes) || fold(3_600, 86_400, hours);
}
