import type { DatabaseSync } from 'node:sqlite';
import type { Fence } from '../../leases.ts';
import type { ClaimOptions, RowRecord } from '../../rows.ts';
import { LIMIT, prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { idRange } from './row-id.ts';
import { QUEUED, ROW_COLUMNS, RUNNING, type StoredRow, toRowRecord } from './row-record.ts';

type ClaimRows = (transaction: Transaction, fence: Fence, options: ClaimOptions) => RowRecord[];

/** Makes the next queued rows below the row limit `running`, in order, and gives them. */
export function prepareClaimRows(db: DatabaseSync): ClaimRows {
  const prepareFor = (more: string) => ({
    select: prepare<StoredRow>(
      db,
      `SELECT ${ROW_COLUMNS}
       FROM row_states s INDEXED BY row_states_status JOIN row_sources o ON o.id = s.id
       WHERE s.status = ${QUEUED} AND s.id >= ? AND s.id < ?${more} ORDER BY s.id ${LIMIT}`,
    ),
    // Such rows from the first to the last that was selected are the selected ones.
    claim: prepare(
      db,
      `UPDATE row_states AS s INDEXED BY row_states_status
       SET status = ${RUNNING}, attempt = max(attempt, 1), claims = claims + 1, started_at = ?
       WHERE s.status = ${QUEUED} AND s.id >= ? AND s.id <= ?${more}`,
    ),
  });
  const all = prepareFor('');
  const begunOnly = prepareFor(' AND s.claims > 0');
  return (transaction, fence, { limit, at, begun = false }) => {
    const batch = transaction.fenced(fence);
    const { first, end } = idRange(batch.key, batch.rowLimit);
    const { select, claim } = begun ? begunOnly : all;
    const rows = select.all(first, end, limit);
    for (const row of rows) {
      row.status = RUNNING;
      row.attempt = Math.max(row.attempt, 1);
      row.claims += 1;
      row.started_at = at;
    }
    const [next, last] = [rows[0], rows.at(-1)];
    if (next !== undefined && last !== undefined) claim.run(at, next.id, last.id);
    const totals = transaction.totals(batch.key);
    totals.queued -= rows.length;
    totals.running += rows.length;
    return rows.map(toRowRecord);
  };
}
