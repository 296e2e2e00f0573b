import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { JournalKey } from '../../journal.ts';
import type { Fence } from '../../leases.ts';
import type { ParkedRow, ProviderJobRowResult } from '../../provider-jobs.ts';
import { prepareWriteAnswer } from '../journal/write-answer.ts';
import { prepareWriteIntent } from '../journal/write-intent.ts';
import { prepareWriteRefusal } from '../journal/write-refusal.ts';
import { prepareFinishRow } from '../rows/finish-row.ts';
import { rowId } from '../rows/row-id.ts';
import { QUEUED, RUNNING } from '../rows/row-record.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { prepareProviderJobKey } from './provider-job-record.ts';

/** Puts running rows into a job, with the intents of the calls that they wait for. */
export function prepareParkRows(
  db: DatabaseSync,
): (transaction: Transaction, fence: Fence, jobId: string, rows: ParkedRow[]) => void {
  const keyOf = prepareProviderJobKey(db);
  const writeIntent = prepareWriteIntent(db);
  const park = prepare(
    db,
    `UPDATE row_states SET job = ?, job_turn = ? WHERE id = ? AND status = ${RUNNING} AND job IS NULL`,
  );
  return (transaction, fence, jobId, rows) => {
    const batch = transaction.fenced(fence).key;
    const job = keyOf(batch, jobId);
    for (const { row, intent } of rows) {
      writeIntent(transaction, intent, fence);
      if (park.run(job, intent.turn, rowId(batch, row)) === 0) {
        throw new AppError('internal', `Row ${row} of batch ${fence.batchId} can't be put into a job.`);
      }
    }
  };
}

/**
 * Removes rows from a job; rows that are no longer in it are skipped. Returns, for each result, whether it was applied.
 */
export function prepareSettleProviderJobRows(
  db: DatabaseSync,
): (transaction: Transaction, fence: Fence, jobId: string, results: ProviderJobRowResult[]) => boolean[] {
  const keyOf = prepareProviderJobKey(db);
  const writeAnswer = prepareWriteAnswer(db);
  const writeRefusal = prepareWriteRefusal(db);
  const finishRow = prepareFinishRow(db);
  const take = prepare(
    db,
    `UPDATE row_states SET job = NULL, job_turn = NULL WHERE id = ? AND job = ? AND attempt = ? AND job_turn = ?`,
  );
  const count = prepare(
    db,
    'UPDATE provider_jobs SET answered = answered + ?, refused = refused + ?, missing = missing + ? WHERE key = ?',
  );
  const queue = prepare(db, `UPDATE row_states SET status = ${QUEUED}, started_at = NULL WHERE id = ?`);
  return (transaction, fence, jobId, results) => {
    const batch = transaction.fenced(fence).key;
    const job = keyOf(batch, jobId);
    const tally = { answered: 0, refused: 0, lost: 0, failed: 0 };
    const taken = results.map((result) => {
      const { row, attempt, turn } = result;
      const id = rowId(batch, row);
      if (take.run(id, job, attempt, turn) === 0) return false;
      tally[result.kind] += 1;
      const key: JournalKey = { run: `${fence.batchId}/${row}/${attempt}`, turn, call: 0 };
      if (result.kind === 'answered') writeAnswer(transaction, key, result.answer, fence);
      if (result.kind === 'refused' || result.kind === 'failed') writeRefusal(transaction, key, fence);
      if (result.kind === 'failed') {
        finishRow(transaction, fence, row, result.result);
        return true;
      }
      queue.run(id);
      const totals = transaction.totals(batch);
      totals.running -= 1;
      totals.queued += 1;
      return true;
    });
    count.run(tally.answered, tally.refused + tally.failed, tally.lost, job);
    return taken;
  };
}
