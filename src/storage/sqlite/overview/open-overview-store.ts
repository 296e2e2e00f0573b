import type { DatabaseSync } from 'node:sqlite';
import type { ActiveBatch, OpenProviderJob, OverviewStore } from '../../overview.ts';
import { prepare } from '../statement.ts';
import type { StoreAccess } from '../store-access.ts';

/** The part of the store that tells what is going on; no query reads rows or ended batches. */
export function openOverviewStore(db: DatabaseSync, { read }: StoreAccess): OverviewStore {
  const batches = prepare<ActiveBatch>(
    db,
    `SELECT b.id, coalesce(json_extract(b.plan, '$.agent.name'), '') AS agent, b.status, b.active_since AS activeSince,
       t.queued, t.running, t.succeeded, t.failed
     FROM batches b INDEXED BY batches_active JOIN batch_totals t ON t.batch = b.key
     WHERE b.status IN ('created', 'validating', 'loading', 'running', 'aggregating') ORDER BY b.key`,
  );
  const jobs = prepare<OpenProviderJob>(
    db,
    `SELECT p.id, b.id AS batchId, p.provider, p.model, p.state, p.requests, p.submitted_at AS submittedAt,
       p.deadline_at AS deadlineAt
     FROM provider_jobs p JOIN batches b ON b.key = p.batch WHERE p.state IN ('creating', 'open') ORDER BY p.key`,
  );
  const size = prepare<{ bytes: number }>(
    db,
    'SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size',
  );
  return {
    readActiveBatches: () => read(() => batches.all()),
    readOpenProviderJobs: () => read(() => jobs.all()),
    readSize: () => read(() => size.get()?.bytes ?? 0),
  };
}
