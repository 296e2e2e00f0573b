import type { DatabaseSync } from 'node:sqlite';
import type { Fence } from '../../leases.ts';
import type { NewRow } from '../../rows.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { prepareAddToOutbox } from './outbox.ts';
import { rowId } from './row-id.ts';
import { FAILED, QUEUED, SUCCEEDED } from './row-record.ts';

/**
 * A malformed line is stored as a failed row that keeps its text, a row with a kept answer as a succeeded one. A row whose key the batch already has is skipped, and
 * the rows after it move up. Returns the number of new rows.
 */
export function prepareInsertRows(
  db: DatabaseSync,
): (transaction: Transaction, fence: Fence, rows: NewRow[]) => number {
  const insertSource = prepare(db, 'INSERT INTO row_sources (id, line, cells, raw_text) VALUES (?, ?, ?, ?)');
  const insertKeyed = prepare(
    db,
    `INSERT INTO row_sources (id, line, cells, raw_text, key) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id >> 32, key) WHERE key IS NOT NULL DO NOTHING`,
  );
  const insertState = prepare(
    db,
    'INSERT INTO row_states (id, status, attempt, claims, error_code, error_message) VALUES (?, ?, 0, 0, ?, ?)',
  );
  const insertAnswered = prepare(
    db,
    `INSERT INTO row_states (id, status, attempt, claims, input, output) VALUES (?, ${SUCCEEDED}, 0, 0, ?, ?)`,
  );
  const insertKeeping = prepare(db, 'INSERT INTO row_keepings (id, batch, row) VALUES (?, ?, ?)');
  const addToOutbox = prepareAddToOutbox(db);
  return (transaction, fence, rows) => {
    const batch = transaction.fenced(fence);
    let failed = 0;
    let known = 0;
    let kept = 0;
    for (const { row, line, cells, malformed, key, kept: answer } of rows) {
      const id = rowId(batch.key, row - known);
      const source = [id, line, JSON.stringify(cells), malformed?.text ?? null] as const;
      if (key === undefined) insertSource.run(...source);
      else if (insertKeyed.run(...source, key) === 0) {
        known++;
        continue;
      }
      if (answer !== undefined) {
        insertAnswered.run(id, JSON.stringify(answer.input), JSON.stringify(answer.output));
        insertKeeping.run(id, answer.from.batchId, answer.from.row);
        addToOutbox(batch, id);
        kept++;
      } else if (malformed === undefined) {
        insertState.run(id, QUEUED, null, null);
      } else {
        insertState.run(id, FAILED, 'row_malformed', malformed.reason);
        addToOutbox(batch, id);
        failed++;
      }
    }
    const totals = transaction.totals(batch.key);
    const inserted = rows.length - known;
    totals.rows += inserted;
    totals.queued += inserted - failed - kept;
    totals.succeeded += kept;
    totals.failed += failed;
    if (failed > 0) transaction.countFailures(batch.key, 'row_malformed', failed);
    return inserted;
  };
}
