import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { LeaseOutcome, LeaseOwner } from '../../leases.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { holderOf, type LeaseClock, type LeaseRow } from './lease.ts';

type AcquireLease = (transaction: Transaction, batchId: string, owner: LeaseOwner) => LeaseOutcome;

/**
 * A lease that its owner already holds is not acquired again (`acquired: false`): one process has one lease of a batch.
 */
export function prepareAcquireLease(db: DatabaseSync, clock: LeaseClock): AcquireLease {
  const read = prepare<LeaseRow & { key: number; epoch: number; deaths: number; at: number | null; progress: number }>(
    db,
    `SELECT b.key, l.epoch, l.owner, l.heartbeat_at, l.heartbeat_uptime_ms, l.deaths, l.progress_at_death AS at,
       coalesce(t.succeeded + t.failed + t.model_calls, 0) AS progress
     FROM batches b JOIN batch_leases l ON l.batch = b.key LEFT JOIN batch_totals t ON t.batch = b.key WHERE b.id = ?`,
  );
  const take = prepare(
    db,
    `UPDATE batch_leases SET epoch = ?, owner = ?, heartbeat_at = ?, heartbeat_uptime_ms = ?, deaths = ?,
       progress_at_death = ? WHERE batch = ?`,
  );

  return (transaction, batchId, owner) => {
    const lease = read.get(batchId);
    if (lease === undefined) throw new AppError('batch_not_found', `There is no batch ${batchId}.`);
    const holder = holderOf(lease, clock);
    if (holder !== null) return { acquired: false, owner: holder };
    const epoch = lease.epoch + 1;
    // An owner that ended in order has released its lease.
    const died = lease.owner !== null;
    const deaths = !died ? lease.deaths : lease.at === lease.progress ? lease.deaths + 1 : 1;
    const at = died ? lease.progress : lease.at;
    const [now, uptime] = [Math.round(clock.now()), Math.round(clock.uptimeMs())];
    take.run(epoch, JSON.stringify(owner), now, uptime, deaths, at, lease.key);
    transaction.forget(batchId);
    return { acquired: true, fence: { batchId, epoch }, deaths };
  };
}
