import type { DatabaseSync } from 'node:sqlite';
import type { RowPage, RowRecord } from '../../rows.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { LIMIT, prepareLists } from '../statement.ts';
import { idRange, rowId } from './row-id.ts';
import { COLUMNS_WITHOUT_INPUT, type ListedRow, listedRowRecord, ROW_COLUMNS, statusCode } from './row-record.ts';

type ReadRows = (batchId: string, page: RowPage) => RowRecord[];

/** A page of rows in order; a page of one status is found by its index, however rare the status is. */
export function prepareReadRows(db: DatabaseSync): ReadRows {
  const keyOf = prepareBatchKey(db);
  const prepareWith = (columns: string) => ({
    all: prepareLists<ListedRow>(
      db,
      `SELECT ${columns} FROM row_states s JOIN row_sources o ON o.id = s.id
       WHERE s.id >= ? AND s.id < ? ORDER BY s.id ${LIMIT}`,
    ),
    ofStatus: prepareLists<ListedRow>(
      db,
      `SELECT ${columns} FROM row_states s INDEXED BY row_states_status JOIN row_sources o ON o.id = s.id
       WHERE s.status = ? AND s.id >= ? AND s.id < ? ORDER BY s.id ${LIMIT}`,
    ),
  });
  const [whole, lean] = [prepareWith(ROW_COLUMNS), prepareWith(COLUMNS_WITHOUT_INPUT)];
  return (batchId, { status, fromRow, limit, withInput = true }) => {
    const { all, ofStatus } = withInput ? whole : lean;
    const batch = keyOf(batchId);
    const [from, end] = [rowId(batch, fromRow), idRange(batch).end];
    const rows = status === undefined ? all.all(from, end, limit) : ofStatus.all(statusCode(status), from, end, limit);
    return rows.map(listedRowRecord);
  };
}

/** Found by the text of the stored JSON: rows without it are not parsed. */
export function prepareReadRowsWith(
  db: DatabaseSync,
): (batchId: string, range: { text: string; fromRow: number; toRow: number }) => RowRecord[] {
  const keyOf = prepareBatchKey(db);
  const select = prepareLists<ListedRow>(
    db,
    `SELECT ${ROW_COLUMNS} FROM row_states s JOIN row_sources o ON o.id = s.id
     WHERE s.id >= ?2 AND s.id < ?3 AND (instr(s.input, ?1) > 0 OR instr(s.output, ?1) > 0) ORDER BY s.id`,
  );
  return (batchId, { text, fromRow, toRow }) => {
    const batch = keyOf(batchId);
    return select.all(text, rowId(batch, fromRow), rowId(batch, toRow)).map(listedRowRecord);
  };
}
