import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { LeaseOutcome, LeaseOwner } from '../../leases.ts';
import { parseOrNull } from '../batches/batch-record.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { holderOf, type LeaseClock, type LeaseRow } from './lease.ts';

/** A lease with what decides whether a death counts. */
interface DyingLease extends LeaseRow {
  key: number;
  epoch: number;
  deaths: number;
  /** The progress at the last death. */
  at: number | null;
  progress: number;
  /** Jobs at a provider: while the batch waits for them, no progress is due. */
  open: number;
}

type AcquireLease = (transaction: Transaction, batchId: string, owner: LeaseOwner) => LeaseOutcome;

/**
 * A lease that its owner already holds is not acquired again (`acquired: false`): one process has one lease of a batch.
 */
export function prepareAcquireLease(db: DatabaseSync, clock: LeaseClock): AcquireLease {
  const read = prepare<DyingLease>(
    db,
    `SELECT b.key, l.epoch, l.owner, l.heartbeat_at, l.heartbeat_uptime_ms, l.deaths, l.progress_at_death AS at,
       coalesce(t.succeeded + t.failed + t.model_calls, 0) AS progress,
       (SELECT count(*) FROM provider_jobs j WHERE j.batch = b.key AND j.state = 'open') AS open
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
    const died = lease.owner !== null && !(lease.open > 0 && hasRebooted(lease, clock));
    const deaths = !died ? lease.deaths : lease.at === lease.progress ? lease.deaths + 1 : 1;
    const at = died ? lease.progress : lease.at;
    const [now, uptime] = [Math.round(clock.now()), Math.round(clock.uptimeMs())];
    take.run(epoch, JSON.stringify(owner), now, uptime, deaths, at, lease.key);
    transaction.forget(batchId);
    return { acquired: true, fence: { batchId, epoch }, deaths };
  };
}

/** Whether the host was started again since the owner ran: that ended it, whatever it was doing. */
function hasRebooted({ owner }: LeaseRow, { here }: LeaseClock): boolean {
  const { host, bootId } = parseOrNull<LeaseOwner>(owner) ?? here;
  return host === here.host && bootId !== here.bootId && bootId !== 'unknown' && here.bootId !== 'unknown';
}
