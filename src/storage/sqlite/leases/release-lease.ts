import type { DatabaseSync } from 'node:sqlite';
import type { Fence } from '../../leases.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';

/** Also raises the epoch, so that the released fence can no longer write. */
export function prepareReleaseLease(db: DatabaseSync): (transaction: Transaction, fence: Fence) => void {
  const release = prepare(
    db,
    `UPDATE batch_leases SET epoch = epoch + 1, owner = NULL, heartbeat_at = NULL, heartbeat_uptime_ms = NULL
     WHERE batch = ?`,
  );
  return (transaction, fence) => {
    release.run(transaction.fenced(fence).key);
    transaction.forget(fence.batchId);
  };
}
