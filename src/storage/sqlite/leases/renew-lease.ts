import type { DatabaseSync } from 'node:sqlite';
import type { BatchRecord } from '../../batches.ts';
import type { Fence } from '../../leases.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import type { LeaseClock } from './lease.ts';

type RenewLease = (transaction: Transaction, fence: Fence) => BatchRecord['control'];

/** The heartbeat; returns the request of another process to the owner. */
export function prepareRenewLease(db: DatabaseSync, clock: LeaseClock): RenewLease {
  const beat = prepare(db, 'UPDATE batch_leases SET heartbeat_at = ?, heartbeat_uptime_ms = ? WHERE batch = ?');
  const readControl = prepare<{ control: BatchRecord['control'] }>(db, 'SELECT control FROM batches WHERE key = ?');
  return (transaction, fence) => {
    const batch = transaction.fenced(fence);
    beat.run(Math.round(clock.now()), Math.round(clock.uptimeMs()), batch.key);
    return readControl.get(batch.key)?.control ?? null;
  };
}
