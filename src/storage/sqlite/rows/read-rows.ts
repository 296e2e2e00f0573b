import type { DatabaseSync } from 'node:sqlite';
import type { RowRecord, RowStatus } from '../../rows.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { LIMIT, prepare } from '../statement.ts';
import { idRange, rowId } from './row-id.ts';
import { ROW_COLUMNS, type StoredRow, statusCode, toRowRecord } from './row-record.ts';

type ReadRows = (batchId: string, options: { status?: RowStatus; fromRow: number; limit: number }) => RowRecord[];

/** A page of rows in order; a page of one status is found by its index, however rare the status is. */
export function prepareReadRows(db: DatabaseSync): ReadRows {
  const keyOf = prepareBatchKey(db);
  const all = prepare<StoredRow>(
    db,
    `SELECT ${ROW_COLUMNS} FROM row_states s JOIN row_sources o ON o.id = s.id
     WHERE s.id >= ? AND s.id < ? ORDER BY s.id ${LIMIT}`,
  );
  const ofStatus = prepare<StoredRow>(
    db,
    `SELECT ${ROW_COLUMNS} FROM row_states s INDEXED BY row_states_status JOIN row_sources o ON o.id = s.id
     WHERE s.status = ? AND s.id >= ? AND s.id < ? ORDER BY s.id ${LIMIT}`,
  );
  return (batchId, { status, fromRow, limit }) => {
    const batch = keyOf(batchId);
    const [from, end] = [rowId(batch, fromRow), idRange(batch).end];
    const rows = status === undefined ? all.all(from, end, limit) : ofStatus.all(statusCode(status), from, end, limit);
    return rows.map(toRowRecord);
  };
}
