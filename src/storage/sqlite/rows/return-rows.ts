import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { Fence } from '../../leases.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { idRange, rowId } from './row-id.ts';
import { QUEUED, RUNNING } from './row-record.ts';

/** One running row back to the queue; attempt, claims and journal stay. */
export function prepareReturnRow(db: DatabaseSync): (transaction: Transaction, fence: Fence, row: number) => void {
  const giveBack = prepare(
    db,
    `UPDATE row_states SET status = ${QUEUED}, started_at = NULL WHERE id = ? AND status = ${RUNNING} AND job IS NULL`,
  );
  return (transaction, fence, row) => {
    const batch = transaction.fenced(fence).key;
    if (giveBack.run(rowId(batch, row)) === 0) {
      throw new AppError('internal', `Row ${row} of batch ${fence.batchId} is not running.`);
    }
    countReturned(transaction, batch, 1);
  };
}

/** All running rows back to the queue, but for those that wait in a job; gives their number. */
export function prepareReturnRunningRows(db: DatabaseSync): (transaction: Transaction, fence: Fence) => number {
  const giveBack = prepare(
    db,
    `UPDATE row_states INDEXED BY row_states_status SET status = ${QUEUED}, started_at = NULL
     WHERE status = ${RUNNING} AND job IS NULL AND id >= ? AND id < ?`,
  );
  return (transaction, fence) => {
    const batch = transaction.fenced(fence).key;
    const { first, end } = idRange(batch);
    const returned = giveBack.run(first, end);
    countReturned(transaction, batch, returned);
    return returned;
  };
}

function countReturned(transaction: Transaction, batch: number, returned: number): void {
  const totals = transaction.totals(batch);
  totals.running -= returned;
  totals.queued += returned;
}
