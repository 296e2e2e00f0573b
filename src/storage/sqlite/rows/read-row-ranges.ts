import type { DatabaseSync } from 'node:sqlite';
import type { RowRange, RowStatus } from '../../rows.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { prepare } from '../statement.ts';
import { idRange, rowId, rowOf } from './row-id.ts';
import { FAILED, QUEUED, RUNNING, SUCCEEDED } from './row-record.ts';

const STATUSES: readonly (readonly [RowStatus, number])[] = [
  ['queued', QUEUED],
  ['running', RUNNING],
  ['succeeded', SUCCEEDED],
  ['failed', FAILED],
];

/**
 * All rows in equal ranges, counted by status in the index of statuses. Where no number is missing, the most frequent
 * status is the rest of each range, and is not counted.
 */
export function prepareReadRowRanges(db: DatabaseSync): (batchId: string, ranges: number) => RowRange[] {
  const keyOf = prepareBatchKey(db);
  const lastId = prepare<{ id: number | null }>(db, 'SELECT max(id) AS id FROM row_states WHERE id >= ? AND id < ?');
  const totalsOf = prepare<Record<RowStatus | 'rows', number>>(
    db,
    'SELECT rows, queued, running, succeeded, failed FROM batch_totals WHERE batch = ?',
  );
  const count = prepare<{ rows: number }>(
    db,
    'SELECT count(*) AS rows FROM row_states INDEXED BY row_states_status WHERE status = ? AND id >= ? AND id < ?',
  );
  return (batchId, ranges) => {
    const batch = keyOf(batchId);
    const { first, end } = idRange(batch);
    const { id: last = null } = lastId.get(first, end) ?? {};
    const totals = totalsOf.get(batch);
    if (last === null || totals === undefined) return [];
    const size = rowOf(last) + 1;
    const rest = totals.rows === size ? mostFrequent(totals) : undefined;
    const counted = STATUSES.filter(([status]) => status !== rest && (rest === undefined || totals[status] > 0));
    const most = Math.min(ranges, size);
    return Array.from({ length: most }, (_, index) => {
      const [from, to] = [Math.floor((index * size) / most), Math.floor(((index + 1) * size) / most)];
      const found: RowRange = { first: from, rows: to - from, queued: 0, running: 0, succeeded: 0, failed: 0 };
      let known = 0;
      for (const [status, stored] of counted) {
        found[status] = count.get(stored, rowId(batch, from), rowId(batch, to))?.rows ?? 0;
        known += found[status];
      }
      if (rest === undefined) found.rows = known;
      else found[rest] = found.rows - known;
      return found;
    });
  };
}

function mostFrequent(totals: Record<RowStatus, number>): RowStatus {
  return STATUSES.map(([status]) => status).reduce((most, status) => (totals[status] > totals[most] ? status : most));
}
