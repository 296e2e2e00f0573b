import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { Fence } from '../../leases.ts';
import type { RowAttempt, RowResult } from '../../rows.ts';
import { prepareAddDelivery } from '../jobs/deliveries.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { prepareAddToOutbox } from './outbox.ts';
import { rowId } from './row-id.ts';
import { FAILED, QUEUED, RUNNING } from './row-record.ts';

type FailedResult = Extract<RowResult, { status: 'failed' }>;

/** Fails a queued row of this attempt without running it; returns whether the row was so. */
export function prepareFailQueuedRow(
  db: DatabaseSync,
): (transaction: Transaction, fence: Fence, at: RowAttempt, result: FailedResult) => boolean {
  const fail = prepare(
    db,
    `UPDATE row_states SET status = ${FAILED}, attempt = max(attempt, 1), error_code = ?, error_message = ?,
       ended_at = ?, processing_ms = ? WHERE id = ? AND status = ${QUEUED} AND max(attempt, 1) = ?`,
  );
  const addToOutbox = prepareAddToOutbox(db);
  const deliver = prepareAddDelivery(db);
  return (transaction, fence, { row, attempt }, { error, endedAt, processingMs, costMicroUsd = 0 }) => {
    const fenced = transaction.fenced(fence);
    const id = rowId(fenced.key, row);
    if (fail.run(error.code, error.message, endedAt, processingMs, id, attempt) === 0) return false;
    addToOutbox(fenced, id);
    if (fenced.queue !== null) deliver.ofRow(id, endedAt);
    const totals = transaction.totals(fenced.key);
    totals.queued -= 1;
    totals.failed += 1;
    transaction.bills.addAttempt(fenced.key, 'failed', costMicroUsd);
    transaction.countFailures(fenced.key, error.code, 1);
    return true;
  };
}

/** Queues a row whose attempt failed again, with a new attempt; returns whether the row was so. */
export function prepareRedriveRow(
  db: DatabaseSync,
): (transaction: Transaction, fence: Fence, at: RowAttempt) => boolean {
  const failed = `id = ? AND status = ${FAILED} AND attempt = ? AND error_code <> 'row_malformed'`;
  const read = prepare<{ code: RowError }>(db, `SELECT error_code AS code FROM row_states WHERE ${failed}`);
  const keep = prepare(
    db,
    `INSERT INTO row_attempts
     SELECT id, attempt, error_code, error_message, started_at, ended_at, processing_ms FROM row_states WHERE ${failed}`,
  );
  const redrive = prepare(
    db,
    `UPDATE row_states
     SET status = ${QUEUED}, attempt = attempt + 1, claims = 0, input = NULL, output = NULL, error_code = NULL,
       error_message = NULL, started_at = NULL, ended_at = NULL, processing_ms = NULL
     WHERE ${failed}`,
  );
  return (transaction, fence, { row, attempt }) => {
    const batch = transaction.fenced(fence).key;
    const id = rowId(batch, row);
    const code = read.get(id, attempt)?.code;
    if (code === undefined) return false;
    keep.run(id, attempt);
    redrive.run(id, attempt);
    transaction.countFailures(batch, code, -1);
    const totals = transaction.totals(batch);
    totals.failed -= 1;
    totals.queued += 1;
    return true;
  };
}

/** Ends a running attempt as failed and begins the next one; the row stays running. */
export function prepareNextAttempt(
  db: DatabaseSync,
): (transaction: Transaction, fence: Fence, at: RowAttempt, result: FailedResult) => void {
  const running = `id = ? AND status = ${RUNNING} AND attempt = ?`;
  const keep = prepare(
    db,
    `INSERT INTO row_attempts SELECT id, attempt, ?, ?, started_at, ?, ? FROM row_states WHERE ${running}`,
  );
  const begin = prepare(db, `UPDATE row_states SET attempt = attempt + 1, claims = 1, started_at = ? WHERE ${running}`);
  return (transaction, fence, { row, attempt }, { error, endedAt, processingMs, costMicroUsd = 0 }) => {
    const batch = transaction.fenced(fence).key;
    const id = rowId(batch, row);
    if (keep.run(error.code, error.message, endedAt, processingMs, id, attempt) === 0) {
      throw new AppError('internal', `Attempt ${attempt} at row ${row} of batch ${fence.batchId} is not running.`);
    }
    begin.run(endedAt, id, attempt);
    transaction.bills.addAttempt(batch, 'failed', costMicroUsd);
  };
}

type RowError = FailedResult['error']['code'];
