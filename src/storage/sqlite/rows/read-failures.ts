import type { DatabaseSync } from 'node:sqlite';
import type { ErrorCode } from '../../../base/errors.ts';
import type { StoredFailures } from '../../rows.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { prepare } from '../statement.ts';
import { idRange, rowOf } from './row-id.ts';
import { FAILED } from './row-record.ts';

type ReadFailures = (batchId: string) => StoredFailures[];

/**
 * Counts are stored. The example is the first row of its code, read from the index of failed rows, so it is never
 * stale.
 */
export function prepareReadFailures(db: DatabaseSync): ReadFailures {
  const keyOf = prepareBatchKey(db);
  const select = prepare<{ code: ErrorCode; count: number; id: number; message: string }>(
    db,
    `SELECT f.code, f.count, s.id, s.error_message AS message
     FROM batch_failures f JOIN row_states s ON s.id = (
       SELECT id FROM row_states INDEXED BY row_states_failed
       WHERE status = ${FAILED} AND error_code = f.code AND id >= ? AND id < ? ORDER BY id LIMIT 1)
     WHERE f.batch = ? AND f.count > 0 ORDER BY f.count DESC, f.code`,
  );
  return (batchId) => {
    const batch = keyOf(batchId);
    const { first, end } = idRange(batch);
    return select
      .all(first, end, batch)
      .map(({ code, count, id, message }) => ({ code, count, row: rowOf(id), message }));
  };
}
