import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../errors.ts';
import type { Fence } from '../store.ts';
import { idRange } from './row-id.ts';
import { prepare } from './statement.ts';
import type { Transaction } from './transaction.ts';

/** Refused with `batch_state_invalid` once a row has been claimed or a call was made. */
export function prepareClearRows(db: DatabaseSync): (transaction: Transaction, fence: Fence) => void {
  const hasRun = prepare<{ ran: number }>(
    db,
    `SELECT t.running + t.succeeded + t.model_calls + t.open_calls > 0
       OR t.failed > coalesce((SELECT count FROM batch_failures f WHERE f.batch = t.batch AND f.code = 'row_malformed'), 0)
       AS ran
     FROM batch_totals t WHERE t.batch = ?`,
  );
  const statements = [
    prepare(db, 'DELETE FROM row_sources WHERE id >= ? AND id < ?'),
    prepare(db, 'DELETE FROM row_states WHERE id >= ? AND id < ?'),
  ];
  const clearFailures = prepare(db, 'DELETE FROM batch_failures WHERE batch = ?');
  const clearTotals = prepare(db, 'UPDATE batch_totals SET rows = 0, queued = 0, failed = 0 WHERE batch = ?');

  return (transaction, fence) => {
    const batch = transaction.fenced(fence).key;
    // Sums of this transaction belong to the rows that go.
    transaction.flush();
    if (hasRun.get(batch)?.ran === 1) {
      throw new AppError('batch_state_invalid', `Rows of batch ${fence.batchId} have run already; they stay.`);
    }
    const { first, end } = idRange(batch);
    for (const statement of statements) statement.run(first, end);
    clearFailures.run(batch);
    clearTotals.run(batch);
  };
}
