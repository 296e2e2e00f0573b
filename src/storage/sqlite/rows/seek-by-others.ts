import type { DatabaseSync } from 'node:sqlite';
import type { RowStatus } from '../../rows.ts';
import { prepare } from '../statement.ts';
import { idRange } from './row-id.ts';
import { STATUSES, statusCode } from './row-record.ts';

type Totals = Record<RowStatus | 'rows', number>;

/**
 * Finds the id of a row by its place among the rows of a frequent status: the place, plus the rows of other statuses
 * that come before it, which are counted. Undefined where that does not help: where a number is missing, or where the
 * other rows are more than those of the status.
 */
export function prepareSeekByOthers(
  db: DatabaseSync,
): (batch: number, status: RowStatus, at: { place: number; descending: boolean }) => number | undefined {
  const totalsOf = prepare<Totals>(
    db,
    'SELECT rows, queued, running, succeeded, failed FROM batch_totals WHERE batch = ?',
  );
  const lastId = prepare<{ id: number | null }>(db, 'SELECT max(id) AS id FROM row_states WHERE id >= ? AND id < ?');
  const count = prepare<{ rows: number }>(
    db,
    'SELECT count(*) AS rows FROM row_states INDEXED BY row_states_status WHERE status = ? AND id >= ? AND id < ?',
  );
  return (batch, status, { place: asked, descending }) => {
    const totals = totalsOf.get(batch);
    if (totals === undefined || asked >= totals[status]) return undefined;
    const place = descending ? totals[status] - 1 - asked : asked;
    const { first, end } = idRange(batch);
    const others = totals.rows - totals[status];
    const isWhole = (lastId.get(first, end)?.id ?? -1) === first + totals.rows - 1;
    if (!isWhole || others > totals[status]) return undefined;
    const codes = STATUSES.filter((one) => one !== status && totals[one] > 0).map(statusCode);
    const between = (from: number, to: number) =>
      codes.reduce((sum, code) => sum + (count.get(code, from, to)?.rows ?? 0), 0);
    // Each step goes on by the others that the last step passed: the first id that passes no further one has the place.
    let id = first + place;
    const isLate = place > totals.rows / 2;
    let passed = isLate ? others - between(id + 1, end) : between(first, id + 1);
    for (let next = first + place + passed; next > id; next = first + place + passed) {
      passed += between(id + 1, next + 1);
      id = next;
    }
    return id;
  };
}
