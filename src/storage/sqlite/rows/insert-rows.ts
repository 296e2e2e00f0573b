import type { DatabaseSync } from 'node:sqlite';
import type { Fence } from '../../leases.ts';
import type { NewRow } from '../../rows.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { rowId } from './row-id.ts';
import { FAILED, QUEUED } from './row-record.ts';

/** A malformed line is a failed row that keeps its text. */
export function prepareInsertRows(db: DatabaseSync): (transaction: Transaction, fence: Fence, rows: NewRow[]) => void {
  const insertSource = prepare(db, 'INSERT INTO row_sources (id, line, cells, raw_text) VALUES (?, ?, ?, ?)');
  const insertState = prepare(
    db,
    'INSERT INTO row_states (id, status, attempt, claims, error_code, error_message) VALUES (?, ?, 0, 0, ?, ?)',
  );
  return (transaction, fence, rows) => {
    const batch = transaction.fenced(fence).key;
    let failed = 0;
    for (const { row, line, cells, malformed } of rows) {
      const id = rowId(batch, row);
      insertSource.run(id, line, JSON.stringify(cells), malformed?.text ?? null);
      if (malformed === undefined) {
        insertState.run(id, QUEUED, null, null);
      } else {
        insertState.run(id, FAILED, 'row_malformed', malformed.reason);
        failed++;
      }
    }
    const totals = transaction.totals(batch);
    totals.rows += rows.length;
    totals.queued += rows.length - failed;
    totals.failed += failed;
    if (failed > 0) transaction.countFailures(batch, 'row_malformed', failed);
  };
}
