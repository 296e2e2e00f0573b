import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { BatchRecord, NewBatch } from '../../batches.ts';
import { prepare } from '../statement.ts';
import { prepareBatchKey } from './batch-key.ts';
import { type BatchRow, SELECT_BATCH, textOrNull, toBatchRecord } from './batch-record.ts';
import { prepareWriteChange } from './changes.ts';

/** With a known idempotency key, the batch with that key is returned and nothing is written. */
export function prepareInsertBatch(db: DatabaseSync): (batch: NewBatch) => { batch: BatchRecord; inserted: boolean } {
  const byIdempotencyKey = prepare<BatchRow>(db, `${SELECT_BATCH} WHERE b.idempotency_key = ?`);
  const byId = prepare<BatchRow>(db, `${SELECT_BATCH} WHERE b.id = ?`);
  const keyOf = prepareBatchKey(db);
  const writeChange = prepareWriteChange(db);
  const insert = prepare(
    db,
    `INSERT INTO batches (id, status, pause_reason, error, ending, control, idempotency_key, plan, columns,
       load_warnings, row_limit, output, created_at, started_at, ended_at, active_ms, active_since, settings, reserves, budget_key)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertLease = prepare(db, 'INSERT INTO batch_leases (batch, epoch) VALUES (?, 0)');
  const insertTotals = prepare(db, 'INSERT INTO batch_totals (batch) VALUES (?)');

  const taken = prepare<{ id: string }>(
    db,
    "SELECT id FROM batches WHERE reserves = ? AND status NOT IN ('completed', 'failed', 'cancelled') LIMIT 1",
  );
  const refuseTaken = (place: string): void => {
    const other = taken.get(place);
    if (other === undefined) return;
    const fix = 'Choose another --out (output_uri), or cancel that batch';
    throw new AppError(
      'output_exists',
      `The batch ${other.id} has not ended and writes its table to ${place}. ${fix}.`,
    );
  };

  return (batch) => {
    const earlier = batch.idempotencyKey === null ? undefined : byIdempotencyKey.get(batch.idempotencyKey);
    if (earlier !== undefined) return { batch: toBatchRecord(earlier), inserted: false };
    if (batch.reserves !== undefined) refuseTaken(batch.reserves);
    insert.run(
      ...[batch.id, batch.status, batch.pauseReason, textOrNull(batch.error), batch.ending, batch.control],
      ...[batch.idempotencyKey, JSON.stringify(batch.plan), textOrNull(batch.columns)],
      ...[JSON.stringify(batch.loadWarnings), batch.rowLimit, textOrNull(batch.output)],
      ...[batch.createdAt, batch.startedAt, batch.endedAt, batch.activeMs, batch.activeSince],
      ...[JSON.stringify(batch.settings), batch.reserves ?? null, batch.budgetKey],
    );
    const key = keyOf(batch.id);
    insertLease.run(key);
    insertTotals.run(key);
    writeChange(key, { status: batch.status, pauseReason: batch.pauseReason, at: batch.createdAt });
    const row = byId.get(batch.id);
    if (row === undefined) throw new AppError('internal', `Batch ${batch.id} was not stored.`);
    return { batch: toBatchRecord(row), inserted: true };
  };
}
