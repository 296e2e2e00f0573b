import type { DatabaseSync } from 'node:sqlite';
import type { JobEnding } from '../../jobs.ts';
import { QUEUED } from '../rows/row-record.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { prepareAddDelivery } from './deliveries.ts';

interface Waiting {
  key: number;
  row: number;
  batch: number;
}

/** A job whose row no process has claimed, in a batch that has not ended. */
const NOT_STARTED = `SELECT j.key, j.row, b.key AS batch
  FROM jobs j JOIN row_states s ON s.id = j.row JOIN batches b ON b.key = j.row >> 32
  WHERE j.id = ? AND s.status = ${QUEUED} AND s.claims = 0 AND b.status NOT IN ('completed', 'failed', 'cancelled')`;

/** Takes a job's row out of its batch, and records how the job ended. */
export function prepareEndJob(db: DatabaseSync) {
  const end = prepare(db, 'UPDATE jobs SET row = NULL, ending = ?, ended_at = ? WHERE key = ?');
  const remove = prepareRemoveRow(db);
  const deliver = prepareAddDelivery(db);
  return (
    transaction: Transaction,
    { key, row, batch }: { key: number; row: number; batch: number },
    { ending, at }: { ending: JobEnding; at: number },
  ): void => {
    deliver.ofJob(key, ending, at);
    end.run(ending, at, key);
    remove(transaction, batch, row);
  };
}

/** Deletes a queued row of a batch. */
export function prepareRemoveRow(db: DatabaseSync): (transaction: Transaction, batch: number, row: number) => void {
  const statements = ['row_sources', 'row_states'].map((table) => prepare(db, `DELETE FROM ${table} WHERE id = ?`));
  return (transaction, batch, row) => {
    for (const statement of statements) statement.run(row);
    const totals = transaction.totals(batch);
    totals.rows -= 1;
    totals.queued -= 1;
  };
}

/** Cancels a job that has not started. */
export function prepareCancelJob(db: DatabaseSync): (transaction: Transaction, id: string, at: number) => boolean {
  const find = prepare<Waiting>(db, NOT_STARTED);
  const end = prepareEndJob(db);
  return (transaction, id, at) => {
    const job = find.get(id);
    if (job === undefined) return false;
    end(transaction, job, { ending: 'cancelled', at });
    return true;
  };
}

/** Changes the priority of a job that waits. When its batch is sealed, the order of its rows is fixed. */
export function prepareSetJobPriority(db: DatabaseSync): (id: string, priority: number) => boolean {
  const change = prepare(
    db,
    `UPDATE jobs SET priority = ?
     WHERE id = ? AND (SELECT status FROM batches WHERE key = jobs.row >> 32) = 'collecting'`,
  );
  return (id, priority) => change.run(priority, id) > 0;
}
