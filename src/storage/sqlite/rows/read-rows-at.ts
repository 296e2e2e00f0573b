import type { DatabaseSync } from 'node:sqlite';
import type { PlacedRows, RowRecord } from '../../rows.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { LIMIT, prepare } from '../statement.ts';
import { type FilterSql, forEachFilter, kindOf } from './row-filter.ts';
import { idRange, rowId } from './row-id.ts';
import { ROW_COLUMNS, type StoredRow, toRowRecord } from './row-record.ts';
import { prepareSeekByOthers } from './seek-by-others.ts';

/**
 * Rows by their places. Among the rows of a code or of a rare status, the first one is found by walking their index
 * from the nearer end; among those of a frequent status, by walking the others: never more than a quarter of all rows.
 */
export function prepareReadRowsAt(db: DatabaseSync): (batchId: string, range: PlacedRows) => RowRecord[] {
  const keyOf = prepareBatchKey(db);
  const seekByOthers = prepareSeekByOthers(db);
  const statements = forEachFilter((sql) => ({
    up: { seek: prepareSeek(db, sql, 'ASC'), page: preparePage(db, sql, 'ASC') },
    down: { seek: prepareSeek(db, sql, 'DESC'), page: preparePage(db, sql, 'DESC') },
  }));
  return (batchId, { filter, place, limit, total, descending = false }) => {
    const found = kindOf(filter);
    if (found === undefined || limit <= 0 || place < 0) return [];
    const batch = keyOf(batchId);
    const { first, end } = idRange(batch);
    if (found.kind === 'all' && statements.all.down.seek.get(first, end, 0)?.id === first + total - 1) {
      // No number is missing, so a place is a number.
      const range = descending ? [first, first + total - place] : [first + place, end];
      return statements.all[descending ? 'down' : 'up'].page.all(...range, limit).map(toRowRecord);
    }
    const { up, down } = statements[found.kind];
    const [ahead, back] = descending ? [down, up] : [up, down];
    const isLate = place < total && place > total / 2;
    const [walk, steps] = isLate ? [back, total - 1 - place] : [ahead, place];
    const known =
      filter.status === undefined || found.kind === 'code'
        ? undefined
        : seekByOthers(batch, filter.status, { place, descending });
    const start = known ?? walk.seek.get(...found.given, first, end, steps)?.id;
    if (start === undefined) return [];
    const range = descending ? [first, start + 1] : [start, end];
    return ahead.page.all(...found.given, ...range, limit).map(toRowRecord);
  };
}

function prepareSeek(db: DatabaseSync, { index, condition }: FilterSql, order: 'ASC' | 'DESC') {
  return prepare<{ id: number }>(
    db,
    `SELECT s.id FROM row_states s ${index} WHERE ${condition} s.id >= ? AND s.id < ?
     ORDER BY s.id ${order} LIMIT 1 OFFSET ? + 0`,
  );
}

function preparePage(db: DatabaseSync, { index, condition }: FilterSql, order: 'ASC' | 'DESC') {
  return prepare<StoredRow>(
    db,
    `SELECT ${ROW_COLUMNS} FROM row_states s ${index} JOIN row_sources o ON o.id = s.id
     WHERE ${condition} s.id >= ? AND s.id < ? ORDER BY s.id ${order} ${LIMIT}`,
  );
}

/** Single rows by their numbers. */
export function prepareReadRowsOf(db: DatabaseSync): (batchId: string, rows: readonly number[]) => RowRecord[] {
  const keyOf = prepareBatchKey(db);
  const select = prepare<StoredRow>(
    db,
    `SELECT ${ROW_COLUMNS} FROM row_states s JOIN row_sources o ON o.id = s.id WHERE s.id = ?`,
  );
  return (batchId, rows) => {
    const batch = keyOf(batchId);
    return rows.flatMap((row) => select.all(rowId(batch, row))).map(toRowRecord);
  };
}
