import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { Fence } from '../../leases.ts';
import type { RowPlace } from '../../rows.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { rowId } from './row-id.ts';

/** Sets or removes the places of rows in the order of claims. */
export function prepareOrderRows(
  db: DatabaseSync,
): (transaction: Transaction, fence: Fence, rows: readonly RowPlace[]) => void {
  const begin = prepareArrange(db);
  const order = prepare(db, 'UPDATE row_states SET place = ? WHERE id = ?');
  return (transaction, fence, rows) => {
    const idOf = begin(transaction, fence);
    for (const { row, place } of rows) if (order.run(place, idOf(row)) === 0) throw noRow(row, fence);
  };
}

/** Holds rows back from being claimed, or releases them. */
export function prepareHoldRows(
  db: DatabaseSync,
): (transaction: Transaction, fence: Fence, rows: readonly number[], held: boolean) => void {
  const begin = prepareArrange(db);
  const hold = prepare(db, 'UPDATE row_states SET held = ? WHERE id = ?');
  return (transaction, fence, rows, held) => {
    const idOf = begin(transaction, fence);
    for (const row of rows) if (hold.run(held ? 1 : null, idOf(row)) === 0) throw noRow(row, fence);
  };
}

/** Marks the batch, so that its claims respect places and holds. Returns a function from row numbers to row ids. */
function prepareArrange(db: DatabaseSync): (transaction: Transaction, fence: Fence) => (row: number) => number {
  const mark = prepare(db, 'UPDATE batches SET picks_rows = 1 WHERE key = ?');
  return (transaction, fence) => {
    const { key, picksRows } = transaction.fenced(fence);
    if (picksRows === 0) {
      mark.run(key);
      transaction.forget(fence.batchId);
    }
    return (row) => rowId(key, row);
  };
}

function noRow(row: number, { batchId }: Fence): AppError {
  return new AppError('internal', `There is no row ${row} of batch ${batchId}.`);
}
