import type { DatabaseSync } from 'node:sqlite';
import type { RowReference } from '../../rows.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { prepare } from '../statement.ts';
import { rowId } from './row-id.ts';

/** The row of an earlier batch whose answer a row keeps. */
export function prepareReadKeptFrom(db: DatabaseSync): (batchId: string, row: number) => RowReference | undefined {
  const keyOf = prepareBatchKey(db);
  const select = prepare<{ batch: string; row: number }>(db, 'SELECT batch, row FROM row_keepings WHERE id = ?');
  return (batchId, row) => {
    const found = select.get(rowId(keyOf(batchId), row));
    return found === undefined ? undefined : { batchId: found.batch, row: found.row };
  };
}
