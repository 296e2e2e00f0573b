import type { DatabaseSync } from 'node:sqlite';
import type { Fence } from '../../leases.ts';
import type { ClaimOptions, RowRecord } from '../../rows.ts';
import { LIMIT, prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { type Claim, preparePickRows } from './pick-rows.ts';
import { idRange } from './row-id.ts';
import { QUEUED, ROW_COLUMNS, RUNNING, type StoredRow, toRowRecord } from './row-record.ts';

type ClaimRows = (transaction: Transaction, fence: Fence, options: ClaimOptions) => RowRecord[];

/** Sets the next queued rows below the row limit to `running`, and returns them in the order in which they will run. */
export function prepareClaimRows(db: DatabaseSync): ClaimRows {
  const claimRange = prepareClaimRange(db);
  const pickRows = preparePickRows(db);
  return (transaction, fence, { limit, at, begun = false, owner = null }) => {
    const batch = transaction.fenced(fence);
    const places = batch.limitsPlaces === 1 ? batch.rowLimit : null;
    const range = idRange(batch.key, places === null ? batch.rowLimit : null);
    const claim = { ...range, limit, at, begun, owner };
    const rows = batch.picksRows === 1 ? pickRows(batch.key, claim, places) : claimRange(claim);
    for (const row of rows) {
      row.status = RUNNING;
      row.attempt = Math.max(row.attempt, 1);
      row.claims += 1;
      row.started_at = at;
    }
    const totals = transaction.totals(batch.key);
    totals.queued -= rows.length;
    totals.running += rows.length;
    return rows.map(toRowRecord);
  };
}

/** Claims in the order of the source, for batches without their own row order and without held rows. */
function prepareClaimRange(db: DatabaseSync): (claim: Claim) => StoredRow[] {
  const prepareFor = (more: string) => ({
    select: prepare<StoredRow>(
      db,
      `SELECT ${ROW_COLUMNS}
       FROM row_states s INDEXED BY row_states_status JOIN row_sources o ON o.id = s.id
       WHERE s.status = ${QUEUED} AND s.id >= ? AND s.id < ?${more} ORDER BY s.id ${LIMIT}`,
    ),
    // The same conditions between the first and the last selected id match exactly the selected rows.
    claim: prepare(
      db,
      `UPDATE row_states AS s INDEXED BY row_states_status
       SET status = ${RUNNING}, attempt = max(attempt, 1), claims = claims + 1, started_at = ?, owner = ?
       WHERE s.status = ${QUEUED} AND s.id >= ? AND s.id <= ?${more}`,
    ),
  });
  const all = prepareFor('');
  const begunOnly = prepareFor(' AND s.claims > 0');
  return ({ first, end, limit, at, begun, owner }) => {
    const { select, claim } = begun ? begunOnly : all;
    const rows = select.all(first, end, limit);
    const [next, last] = [rows[0], rows.at(-1)];
    if (next !== undefined && last !== undefined) claim.run(at, owner, next.id, last.id);
    return rows;
  };
}
