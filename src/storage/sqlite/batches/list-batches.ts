import type { DatabaseSync } from 'node:sqlite';
import type { BatchRecord } from '../../batches.ts';
import { LIMIT, prepare } from '../statement.ts';
import { prepareBatchKey } from './batch-key.ts';
import { type BatchRow, SELECT_BATCH, toBatchRecord } from './batch-record.ts';

/** Newest first by order of insertion, so that a clock that is set back has no effect. */
export function prepareListBatches(db: DatabaseSync): (options: { limit: number; before?: string }) => BatchRecord[] {
  const keyOf = prepareBatchKey(db);
  const select = prepare<BatchRow>(db, `${SELECT_BATCH} WHERE b.key < ? ORDER BY b.key DESC ${LIMIT}`);
  return ({ limit, before }) => {
    const below = before === undefined ? Number.MAX_SAFE_INTEGER : keyOf(before);
    return select.all(below, limit).map(toBatchRecord);
  };
}
