import type { DatabaseSync } from 'node:sqlite';
import type { BatchRecord } from '../../batches.ts';
import { prepare } from '../statement.ts';
import { type BatchRow, SELECT_BATCH, toBatchRecord } from './batch-record.ts';

/** A batch with its totals and its owner, by id; undefined when there is none. */
export function prepareReadBatch(db: DatabaseSync): (id: string) => BatchRecord | undefined {
  const select = prepare<BatchRow>(db, `${SELECT_BATCH} WHERE b.id = ?`);
  return (id) => {
    const row = select.get(id);
    return row === undefined ? undefined : toBatchRecord(row);
  };
}

/** The batch that was started with an idempotency key; undefined when there is none. */
export function prepareReadBatchOfKey(db: DatabaseSync): (key: string) => BatchRecord | undefined {
  const select = prepare<BatchRow>(db, `${SELECT_BATCH} WHERE b.idempotency_key = ?`);
  return (key) => {
    const row = select.get(key);
    return row === undefined ? undefined : toBatchRecord(row);
  };
}
