import type { DatabaseSync } from 'node:sqlite';
import type { ErrorCode } from '../../../base/errors.ts';
import type { PastAttempt } from '../../rows.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { prepare } from '../statement.ts';
import { rowId } from './row-id.ts';

interface AttemptRow {
  attempt: number;
  error_code: ErrorCode | null;
  error_message: string | null;
  started_at: number | null;
  ended_at: number | null;
  processing_ms: number | null;
}

/** The attempts of a row that were replaced by a later one, in order. */
export function prepareReadAttempts(db: DatabaseSync): (batchId: string, row: number) => PastAttempt[] {
  const keyOf = prepareBatchKey(db);
  const select = prepare<AttemptRow>(
    db,
    `SELECT attempt, error_code, error_message, started_at, ended_at, processing_ms
     FROM row_attempts WHERE id = ? ORDER BY attempt`,
  );
  return (batchId, row) =>
    select.all(rowId(keyOf(batchId), row)).map((past) => ({
      attempt: past.attempt,
      error: past.error_code === null ? null : { code: past.error_code, message: past.error_message ?? '' },
      startedAt: past.started_at,
      endedAt: past.ended_at,
      processingMs: past.processing_ms,
    }));
}
