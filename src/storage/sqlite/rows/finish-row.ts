import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { Fence } from '../../leases.ts';
import type { RowResult } from '../../rows.ts';
import { textOrNull } from '../batches/batch-record.ts';
import { prepareAddDelivery } from '../jobs/deliveries.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { prepareAddToOutbox } from './outbox.ts';
import { rowId } from './row-id.ts';
import { FAILED, RUNNING, SUCCEEDED } from './row-record.ts';

type FinishRow = (transaction: Transaction, fence: Fence, row: number, result: RowResult) => void;

/** Only a running row can be finished; finishing any other row is an error of the caller (`internal`). */
export function prepareFinishRow(db: DatabaseSync): FinishRow {
  const finish = prepare(
    db,
    `UPDATE row_states SET status = ?, input = ?, output = ?, error_code = ?, error_message = ?, ended_at = ?,
       processing_ms = ? WHERE id = ? AND status = ${RUNNING}`,
  );
  const hash = prepare(
    db,
    `INSERT INTO answer_hashes (entry, batch, hash)
     SELECT id, ?, ? FROM journal_entries WHERE run = ? AND turn = ? AND call = 0`,
  );
  const addToOutbox = prepareAddToOutbox(db);
  const deliver = prepareAddDelivery(db);
  return (transaction, fence, row, result) => {
    const fenced = transaction.fenced(fence);
    const batch = fenced.key;
    const outcome =
      result.status === 'succeeded'
        ? [SUCCEEDED, JSON.stringify(result.input), JSON.stringify(result.output), null, null]
        : [FAILED, textOrNull(result.input), null, result.error.code, result.error.message];
    const changed = finish.run(...outcome, result.endedAt, result.processingMs, rowId(batch, row));
    if (changed === 0) throw new AppError('internal', `Row ${row} of batch ${fence.batchId} is not running.`);
    addToOutbox(fenced, rowId(batch, row));
    if (fenced.queue !== null) deliver.ofRow(rowId(batch, row), result.endedAt);
    const totals = transaction.totals(batch);
    totals.running -= 1;
    totals[result.status] += 1;
    transaction.usage.addRow(batch, result.status, result.endedAt);
    transaction.bills.addAttempt(batch, result.status, result.costMicroUsd ?? 0);
    if (result.status === 'succeeded') {
      for (const call of result.hashed ?? []) hash.run(batch, call.hash, call.run, call.turn);
    }
    if (result.status === 'failed') transaction.countFailures(batch, result.error.code, 1);
  };
}
