import type { DatabaseSync } from 'node:sqlite';
import { LIMIT, prepare } from '../statement.ts';
import { QUEUED, ROW_COLUMNS, RUNNING, type StoredRow } from './row-record.ts';

/** A claim of rows with ids from `first` (inclusive) to `end` (exclusive). */
export interface Claim {
  first: number;
  end: number;
  limit: number;
  at: number;
  /** Only rows whose attempt was claimed before. */
  begun: boolean;
  owner: string | null;
}

/** @param places only rows with a place below this are claimed; null: all rows */
type PlacedRow = StoredRow & { place: number };

type PickRows = (batch: number, claim: Claim, places: number | null) => StoredRow[];

/**
 * Claims exactly the next rows of a batch that has its own row order or held rows: first rows with a place, by place,
 * then the others in the order of the source. A claim scans over held rows that come before the rows that it finds.
 */
export function preparePickRows(db: DatabaseSync): PickRows {
  const prepareFor = (more: string) => ({
    placed: prepare<PlacedRow>(
      db,
      `SELECT ${ROW_COLUMNS}, s.place
       FROM row_states s INDEXED BY row_states_place JOIN row_sources o ON o.id = s.id
       WHERE s.id >> 32 = ? AND s.place IS NOT NULL AND s.held IS NULL AND s.status = ${QUEUED} AND s.id < ? AND s.place < ?${more}
       ORDER BY s.place, s.id ${LIMIT}`,
    ),
    others: prepare<StoredRow>(
      db,
      `SELECT ${ROW_COLUMNS}
       FROM row_states s INDEXED BY row_states_status JOIN row_sources o ON o.id = s.id
       WHERE s.status = ${QUEUED} AND s.id >= ? AND s.id < ? AND s.held IS NULL AND s.place IS NULL${more}
       ORDER BY s.id ${LIMIT}`,
    ),
  });
  const all = prepareFor('');
  const begunOnly = prepareFor(' AND s.claims > 0');
  const change = `status = ${RUNNING}, attempt = max(attempt, 1), claims = claims + 1, started_at = ?, owner = ?`;
  const claimOne = prepare(db, `UPDATE row_states SET ${change} WHERE id = ?`);
  const prepareClaimPlace = (more: string) =>
    prepare(
      db,
      `UPDATE row_states AS s INDEXED BY row_states_place SET ${change}
       WHERE s.id >> 32 = ? AND s.place = ? AND s.place IS NOT NULL AND s.held IS NULL AND s.status = ${QUEUED}
         AND s.id >= ? AND s.id <= ?${more}`,
    );
  const claimPlace = { all: prepareClaimPlace(''), begun: prepareClaimPlace(' AND s.claims > 0') };
  return (batch, { first, end, limit, at, begun, owner }, places) => {
    const { placed, others } = begun ? begunOnly : all;
    const claim = (rows: StoredRow[]) => {
      for (const { id } of rows) claimOne.run(at, owner, id);
      return rows;
    };
    // Of one place, the same conditions between the first and the last selected id match exactly the selected rows.
    const claimPlaced = (rows: PlacedRow[]): StoredRow[] => {
      const update = begun ? claimPlace.begun : claimPlace.all;
      for (const [place, run] of Map.groupBy(rows, (row) => row.place)) {
        const [next, last] = [run[0], run.at(-1)];
        if (next !== undefined && last !== undefined) update.run(at, owner, batch, place, next.id, last.id);
      }
      return rows;
    };
    // Rows with a place are claimed before the others are selected, so that this second query need not scan over them.
    const rows = claimPlaced(placed.all(batch, end, places ?? Number.MAX_SAFE_INTEGER, limit));
    return rows.length === limit || places !== null
      ? rows
      : [...rows, ...claim(others.all(first, end, limit - rows.length))];
  };
}
