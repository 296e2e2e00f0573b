import type { DatabaseSync } from 'node:sqlite';
import type { RowEnd, RowFilter } from '../../rows.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { LIMIT, prepare } from '../statement.ts';
import { forEachFilter, kindOf } from './row-filter.ts';
import { idRange, rowId, rowOf } from './row-id.ts';

/**
 * When rows ended, in the order of the source: 0.7 s of processor time for a million, in portions. There is no index of
 * the times, since it would be written with each row.
 */
export function prepareReadRowEnds(
  db: DatabaseSync,
): (batchId: string, options: { filter: RowFilter; fromRow: number; limit: number }) => RowEnd[] {
  const keyOf = prepareBatchKey(db);
  const statements = forEachFilter(({ index, condition }) =>
    prepare<{ id: number; endedAt: number | null }>(
      db,
      `SELECT s.id, s.ended_at AS endedAt FROM row_states s ${index}
       WHERE ${condition} s.id >= ? AND s.id < ? ORDER BY s.id ${LIMIT}`,
    ),
  );
  return (batchId, { filter, fromRow, limit }) => {
    const found = kindOf(filter);
    if (found === undefined) return [];
    const batch = keyOf(batchId);
    const rows = statements[found.kind].all(...found.given, rowId(batch, fromRow), idRange(batch).end, limit);
    return rows.map(({ id, endedAt }) => ({ row: rowOf(id), endedAt }));
  };
}
