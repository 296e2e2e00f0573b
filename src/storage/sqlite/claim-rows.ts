import type { DatabaseSync } from 'node:sqlite';
import type { ClaimOptions, Fence, RowRecord } from '../store.ts';
import { idRange } from './row-id.ts';
import { QUEUED, ROW_COLUMNS, RUNNING, type StoredRow, toRowRecord } from './row-record.ts';
import { LIMIT, prepare } from './statement.ts';
import type { Transaction } from './transaction.ts';

type ClaimRows = (transaction: Transaction, fence: Fence, options: ClaimOptions) => RowRecord[];

/** Makes the next queued rows below the row limit `running`, in order, and gives them. */
export function prepareClaimRows(db: DatabaseSync): ClaimRows {
  const selectWhere = (more: string) =>
    prepare<StoredRow>(
      db,
      `SELECT ${ROW_COLUMNS}
       FROM row_states s INDEXED BY row_states_status JOIN row_sources o ON o.id = s.id
       WHERE s.status = ${QUEUED} AND s.id >= ? AND s.id < ?${more} ORDER BY s.id ${LIMIT}`,
    );
  const select = selectWhere('');
  const selectBegun = selectWhere(' AND s.claims > 0');
  const claim = prepare(
    db,
    `UPDATE row_states SET status = ${RUNNING}, attempt = ?, claims = ?, started_at = ? WHERE id = ?`,
  );
  return (transaction, fence, { limit, at, begun = false }) => {
    const batch = transaction.fenced(fence);
    const { first, end } = idRange(batch.key, batch.rowLimit);
    const rows = (begun ? selectBegun : select).all(first, end, limit);
    for (const row of rows) {
      row.status = RUNNING;
      row.attempt = Math.max(row.attempt, 1);
      row.claims += 1;
      row.started_at = at;
      claim.run(row.attempt, row.claims, at, row.id);
    }
    const totals = transaction.totals(batch.key);
    totals.queued -= rows.length;
    totals.running += rows.length;
    return rows.map(toRowRecord);
  };
}
