import type { DatabaseSync } from 'node:sqlite';
import type { Fence } from '../../leases.ts';
import type { RefusedRow } from '../../rows.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { rowId } from './row-id.ts';
import { FAILED, SUCCEEDED } from './row-record.ts';

/**
 * Fails succeeded rows whose result was refused. The bill is unchanged: the answer was paid for, and the journal has it.
 */
export function prepareRefuseRows(
  db: DatabaseSync,
): (transaction: Transaction, fence: Fence, rows: readonly RefusedRow[]) => void {
  const refuse = prepare(
    db,
    `UPDATE row_states SET status = ${FAILED}, output = NULL, error_code = ?, error_message = ?
     WHERE id = ? AND status = ${SUCCEEDED} AND attempt = ?`,
  );
  return (transaction, fence, rows) => {
    const { key } = transaction.fenced(fence);
    const totals = transaction.totals(key);
    for (const { row, attempt, error } of rows) {
      if (refuse.run(error.code, error.message, rowId(key, row), attempt) === 0) continue;
      totals.succeeded -= 1;
      totals.failed += 1;
      transaction.countFailures(key, error.code, 1);
    }
  };
}
