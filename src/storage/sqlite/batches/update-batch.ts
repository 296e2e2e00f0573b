import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { BatchChange, BatchRecord, BatchStatus, UpdateGuard } from '../../batches.ts';
import { prepareAddDelivery } from '../jobs/deliveries.ts';
import { prepare, type Statement } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { textOrNull } from './batch-record.ts';
import { prepareWriteChange } from './changes.ts';

const COLUMNS: { [field in keyof Required<BatchChange>]: string } = {
  status: 'status',
  pauseReason: 'pause_reason',
  error: 'error',
  ending: 'ending',
  control: 'control',
  columns: 'columns',
  loadWarnings: 'load_warnings',
  rowLimit: 'row_limit',
  limitsPlaces: 'limit_by_place',
  output: 'output',
  startedAt: 'started_at',
  endedAt: 'ended_at',
  activeMs: 'active_ms',
  activeSince: 'active_since',
  plan: 'plan',
  settings: 'settings',
  intake: 'intake',
  delivers: 'delivers',
  budgetKey: 'budget_key',
  pruneAt: 'prune_at',
};

/**
 * Columns that the database merges with the stored value (RFC 7396), so that concurrent changes don't overwrite each
 * other.
 */
const MERGED: { [column: string]: string } = { settings: 'json_patch(settings, ?)' };

const OVER: BatchStatus[] = ['completed', 'failed', 'cancelled'];

type UpdateBatch = (transaction: Transaction, id: string, change: BatchChange, guard: UpdateGuard) => boolean;

/** Changes only the given fields. */
export function prepareUpdateBatch(db: DatabaseSync, now: () => number): UpdateBatch {
  const writeChange = prepareWriteChange(db);
  const current = prepare<{ key: number; status: BatchStatus; control: BatchRecord['control']; queue: number | null }>(
    db,
    'SELECT key, status, control, queue FROM batches WHERE id = ?',
  );
  const rowsOf = prepare<{ rows: number }>(db, 'SELECT rows FROM batch_totals WHERE batch = ?');
  const rowRequests = prepare<{ count: number }>(
    db,
    `SELECT count(*) AS count FROM batches b, json_each(b.settings, '$.row_requests') WHERE b.key = ?`,
  );
  const setters = Object.fromEntries(
    Object.entries(COLUMNS).map(([field, column]) => [
      field,
      prepare(db, `UPDATE batches SET ${column} = ${MERGED[column] ?? '?'} WHERE key = ?`),
    ]),
  ) as { [field in keyof BatchChange]-?: Statement<never> };

  const deliver = prepareAddDelivery(db);
  return (transaction, id, change, guard) => {
    if (guard.fence !== undefined) {
      if (guard.fence.batchId !== id)
        throw new AppError('internal', `The fence of ${guard.fence.batchId} was used for ${id}.`);
      transaction.fenced(guard.fence);
    }
    const batch = current.get(id);
    if (batch === undefined) throw new AppError('batch_not_found', `There is no batch ${id}.`);
    if (guard.when !== undefined && !guard.when.includes(batch.status)) return false;
    if (guard.unlessControl !== undefined && guard.unlessControl === batch.control) return false;
    if (guard.rows !== undefined) {
      // Rows of this transaction are in its sums, not in the table yet.
      transaction.flush();
      if (rowsOf.get(batch.key)?.rows !== guard.rows) return false;
    }
    if (guard.unlessRowRequests === true && rowRequests.get(batch.key)?.count !== 0) return false;
    for (const field of Object.keys(COLUMNS) as (keyof BatchChange)[]) {
      const value = change[field];
      if (value !== undefined) setters[field].run(toColumn(value), batch.key);
    }
    if (batch.queue !== null && change.status !== undefined && OVER.includes(change.status)) {
      deliver.ofRest(batch.key, change.endedAt ?? 0);
    }
    if (change.status !== undefined && change.status !== batch.status) {
      transaction.flush();
      writeChange(batch.key, { status: change.status, pauseReason: change.pauseReason ?? null, at: now() });
    }
    transaction.forget(id);
    return true;
  };
}

function toColumn(value: BatchChange[keyof BatchChange]): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' || typeof value === 'number' ? value : textOrNull(value);
}
