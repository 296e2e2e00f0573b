import type { DatabaseSync } from 'node:sqlite';
import { prepare } from '../statement.ts';
import { holderOf, type LeaseClock, type LeaseRow } from './lease.ts';

/** Oldest first. The partial index holds only the active batches. */
export function prepareListLapsedBatches(db: DatabaseSync, clock: LeaseClock): () => string[] {
  const select = prepare<LeaseRow & { id: string }>(
    db,
    `SELECT b.id, l.owner, l.heartbeat_at, l.heartbeat_uptime_ms
     FROM batches b JOIN batch_leases l ON l.batch = b.key
     WHERE b.status IN ('created', 'validating', 'loading', 'running', 'aggregating')
     ORDER BY b.key`,
  );
  return () => select.all().flatMap((lease) => (holderOf(lease, clock) === null ? [lease.id] : []));
}
