import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { BatchStatus } from '../../batches.ts';
import type { AppendedRows, RowAppend } from '../../rows.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { idRange, rowId, rowOf } from './row-id.ts';
import { QUEUED } from './row-record.ts';

type AppendRows = (transaction: Transaction, batchId: string, append: RowAppend) => AppendedRows;

/** Adds rows after the last one of a batch that collects; a portion with a known key is not added again. */
export function prepareAppendRows(db: DatabaseSync): AppendRows {
  const find = prepareCollecting(db);
  const earlier = prepare<{ digest: string; first: number; rows: number }>(
    db,
    'SELECT digest, first, rows FROM row_appends WHERE batch = ? AND key = ?',
  );
  const remember = prepare(db, 'INSERT INTO row_appends (batch, key, digest, first, rows) VALUES (?, ?, ?, ?, ?)');
  const nextRow = prepareNextRow(db);
  const insert = prepareInsertCollected(db);
  return (transaction, batchId, { rows, idempotency }) => {
    const batch = find(batchId);
    const known = idempotency === undefined ? undefined : earlier.get(batch.key, idempotency.key);
    if (known !== undefined) {
      if (known.digest !== idempotency?.digest) throw otherRows(batchId, idempotency?.key ?? '');
      return { first: known.first, rows: known.rows, total: nextRow(batch.key), repeated: true };
    }
    refuseSealed(batchId, batch.status);
    const first = nextRow(batch.key);
    rows.forEach((cells, index) => {
      insert(rowId(batch.key, first + index), JSON.stringify(cells));
    });
    if (idempotency !== undefined) {
      remember.run(batch.key, idempotency.key, idempotency.digest, first, rows.length);
    }
    const totals = transaction.totals(batch.key);
    totals.rows += rows.length;
    totals.queued += rows.length;
    return { first, rows: rows.length, total: first + rows.length, repeated: false };
  };
}

/** Inserts one row of a batch that collects; its line is its number from 1. */
export function prepareInsertCollected(db: DatabaseSync): (id: number, cells: string) => void {
  const source = prepare(db, 'INSERT INTO row_sources (id, line, cells) VALUES (?, ?, ?)');
  const state = prepare(db, `INSERT INTO row_states (id, status, attempt, claims) VALUES (?, ${QUEUED}, 0, 0)`);
  return (id, cells) => {
    source.run(id, rowOf(id) + 1, cells);
    state.run(id);
  };
}

/** The number that the next row of a batch gets. */
export function prepareNextRow(db: DatabaseSync): (batch: number) => number {
  const last = prepare<{ id: number | null }>(db, 'SELECT max(id) AS id FROM row_states WHERE id >= ? AND id < ?');
  return (batch) => {
    const { first, end } = idRange(batch);
    const { id = null } = last.get(first, end) ?? {};
    return id === null ? 0 : rowOf(id) + 1;
  };
}

function prepareCollecting(db: DatabaseSync): (batchId: string) => { key: number; status: BatchStatus } {
  const select = prepare<{ key: number; status: BatchStatus }>(db, 'SELECT key, status FROM batches WHERE id = ?');
  return (batchId) => {
    const batch = select.get(batchId);
    if (batch === undefined) throw new AppError('batch_not_found', `There is no batch ${batchId}.`);
    return batch;
  };
}

function refuseSealed(batchId: string, status: BatchStatus): void {
  if (status === 'collecting') return;
  throw new AppError(
    'batch_state_invalid',
    `The batch ${batchId} is ${status}: rows are appended only while it is collecting. Create another batch for these rows.`,
  );
}

function otherRows(batchId: string, key: string): AppError {
  return new AppError(
    'invalid_arguments',
    `The idempotency key "${key}" belongs to other rows of the batch ${batchId}. Use a new key for new rows.`,
  );
}
