import type { DatabaseSync } from 'node:sqlite';
import type { BatchStatus } from '../../batches.ts';
import type { Fence } from '../../leases.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';

type RemoveBatch = (transaction: Transaction, fence: Fence, when: BatchStatus[]) => boolean;

/** Tables that refer to `batches`: their records are deleted first. */
const PARTS = [
  'batch_leases',
  'batch_totals',
  'batch_failures',
  'batch_bills',
  'batch_attempts',
  'provider_jobs',
  'row_appends',
  'batch_changes',
];

/**
 * Deletes a batch's record and accounting. Its key is never reused (AUTOINCREMENT), so its remaining rows can't be
 * taken for those of another batch.
 */
export function prepareRemoveBatch(db: DatabaseSync): RemoveBatch {
  const current = prepare<{ status: BatchStatus }>(db, 'SELECT status FROM batches WHERE key = ?');
  const remember = prepare(db, 'INSERT INTO removed_batches (key, id) VALUES (?, ?)');
  const statements = [
    ...PARTS.map((table) => prepare(db, `DELETE FROM ${table} WHERE batch = ?`)),
    prepare(db, 'DELETE FROM batches WHERE key = ?'),
  ];
  return (transaction, fence, when) => {
    const { key } = transaction.fenced(fence);
    const status = current.get(key)?.status;
    if (status === undefined || !when.includes(status)) return false;
    // Sums of this transaction must be written before the records that they are added to are deleted.
    transaction.flush();
    remember.run(key, fence.batchId);
    for (const statement of statements) statement.run(key);
    transaction.forget(fence.batchId);
    return true;
  };
}
