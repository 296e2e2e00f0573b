import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { Fence } from '../../leases.ts';
import type { OwnerOptions } from '../../rows.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { idRange, rowId } from './row-id.ts';
import { QUEUED, RUNNING } from './row-record.ts';

const giveBack = (rows: string) => `UPDATE ${rows} SET status = ${QUEUED}, started_at = NULL`;

/** Returns one running row to the queue; attempt, claims and journal stay. */
export function prepareReturnRow(
  db: DatabaseSync,
): (transaction: Transaction, fence: Fence, row: number, options: OwnerOptions) => void {
  const where = `WHERE id = ? AND status = ${RUNNING} AND job IS NULL`;
  const anybodys = prepare(db, `${giveBack('row_states')} ${where}`);
  const of = prepare(db, `${giveBack('row_states')} ${where} AND owner IS ?`);
  return (transaction, fence, row, { owner }) => {
    const batch = transaction.fenced(fence).key;
    const id = rowId(batch, row);
    if ((owner === undefined ? anybodys.run(id) : of.run(id, owner)) === 0) {
      const by = owner === undefined || owner === null ? '' : ` by ${owner}`;
      throw new AppError('internal', `Row ${row} of batch ${fence.batchId} is not running${by}.`);
    }
    countReturned(transaction, batch, 1);
  };
}

/** Returns all running rows of one or all owners to the queue, except rows that wait in a job; returns their number. */
export function prepareReturnRunningRows(
  db: DatabaseSync,
): (transaction: Transaction, fence: Fence, options: OwnerOptions) => number {
  const where = `WHERE status = ${RUNNING} AND job IS NULL AND id >= ? AND id < ?`;
  const anybodys = prepare(db, `${giveBack('row_states INDEXED BY row_states_status')} ${where}`);
  const of = prepare(db, `${giveBack('row_states INDEXED BY row_states_status')} ${where} AND owner IS ?`);
  return (transaction, fence, { owner }) => {
    const batch = transaction.fenced(fence).key;
    const { first, end } = idRange(batch);
    const returned = owner === undefined ? anybodys.run(first, end) : of.run(first, end, owner);
    countReturned(transaction, batch, returned);
    return returned;
  };
}

function countReturned(transaction: Transaction, batch: number, returned: number): void {
  const totals = transaction.totals(batch);
  totals.running -= returned;
  totals.queued += returned;
}
