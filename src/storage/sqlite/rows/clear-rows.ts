import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { Fence } from '../../leases.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { idRange } from './row-id.ts';
import { FAILED, SUCCEEDED } from './row-record.ts';

/** Rows per transaction; a million in one transaction blocked the event loop for 0.8 s. */
const PORTION = 2_000;

/**
 * Deletes a portion of a batch's rows with their share of the totals; returns whether any may be left. A crash between
 * two portions leaves fewer rows, and the next load starts by clearing them. Refused with `batch_state_invalid` once a
 * row has been claimed or a call was made.
 */
export function prepareClearRows(db: DatabaseSync): (transaction: Transaction, fence: Fence) => boolean {
  const hasRun = prepare<{ ran: number }>(
    db,
    `SELECT t.running + t.model_calls + t.cached_calls + t.open_calls > 0
       OR t.failed > coalesce((SELECT count FROM batch_failures f WHERE f.batch = t.batch AND f.code = 'row_malformed'), 0)
       OR t.succeeded > (SELECT count(*) FROM row_keepings k WHERE k.id >= t.batch << 32 AND k.id < (t.batch + 1) << 32)
       AS ran
     FROM batch_totals t WHERE t.batch = ?`,
  );
  const portion = prepare<{ rows: number; failed: number | null; kept: number | null; last: number | null }>(
    db,
    `SELECT count(*) AS rows, sum(status = ${FAILED}) AS failed, sum(status = ${SUCCEEDED}) AS kept, max(id) AS last
     FROM (SELECT id, status FROM row_states WHERE id >= ? AND id < ? ORDER BY id LIMIT ${PORTION})`,
  );
  const statements = [
    prepare(db, 'DELETE FROM row_sources WHERE id >= ? AND id <= ?'),
    prepare(db, 'DELETE FROM row_states WHERE id >= ? AND id <= ?'),
    prepare(db, 'DELETE FROM row_outbox WHERE id >= ? AND id <= ?'),
    prepare(db, 'DELETE FROM row_keepings WHERE id >= ? AND id <= ?'),
  ];

  return (transaction, fence) => {
    const batch = transaction.fenced(fence).key;
    // Pending sums of this transaction belong to the rows that are deleted.
    transaction.flush();
    if (hasRun.get(batch)?.ran === 1) {
      throw new AppError(
        'batch_state_invalid',
        `Rows of batch ${fence.batchId} have already run; they are not deleted.`,
      );
    }
    const { first, end } = idRange(batch);
    const { rows = 0, failed = null, kept = null, last = null } = portion.get(first, end) ?? {};
    if (last === null) return false;
    for (const statement of statements) statement.run(first, last);
    const totals = transaction.totals(batch);
    totals.rows -= rows;
    totals.failed -= failed ?? 0;
    totals.succeeded -= kept ?? 0;
    totals.queued -= rows - (failed ?? 0) - (kept ?? 0);
    if (failed !== null && failed > 0) transaction.countFailures(batch, 'row_malformed', -failed);
    return rows === PORTION;
  };
}
