import type { DatabaseSync } from 'node:sqlite';
import type { Fence } from '../../leases.ts';
import type { ProviderJobChange, ProviderJobRecord } from '../../provider-jobs.ts';
import { textOrNull } from '../batches/batch-record.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import {
  JOB_COLUMNS,
  prepareProviderJobKey,
  type StoredProviderJob,
  toProviderJobRecord,
} from './provider-job-record.ts';

/** A new job of a batch. */
export function prepareInsertProviderJob(
  db: DatabaseSync,
): (
  transaction: Transaction,
  fence: Fence,
  job: Pick<ProviderJobRecord, 'id' | 'provider' | 'model' | 'createdAt'>,
) => void {
  const insert = prepare(
    db,
    `INSERT INTO provider_jobs (id, batch, provider, model, state, requests, bytes, answered, refused, missing, created_at)
     VALUES (?, ?, ?, ?, 'building', 0, 0, 0, 0, 0, ?)`,
  );
  return (transaction, fence, { id, provider, model, createdAt }) => {
    insert.run(id, transaction.fenced(fence).key, provider, model, createdAt);
  };
}

/** Changes a job. */
export function prepareUpdateProviderJob(
  db: DatabaseSync,
): (transaction: Transaction, fence: Fence, jobId: string, change: ProviderJobChange) => void {
  const keyOf = prepareProviderJobKey(db);
  const read = prepare<StoredProviderJob>(db, `SELECT ${JOB_COLUMNS} FROM provider_jobs WHERE key = ?`);
  const update = prepare(
    db,
    `UPDATE provider_jobs SET state = ?, provider_job_id = ?, requests = ?, bytes = ?, answered = ?, refused = ?,
       missing = ?, stage = ?, reported = ?, deadline_at = ?, submitted_at = ?, ended_at = ?, error = ? WHERE key = ?`,
  );
  return (transaction, fence, jobId, change) => {
    const key = keyOf(transaction.fenced(fence).key, jobId);
    const stored = read.get(key);
    if (stored === undefined) return;
    const job = { ...toProviderJobRecord(stored), ...change };
    update.run(
      ...[job.state, job.providerJobId, job.requests, job.bytes],
      ...[job.tally.answered, job.tally.refused, job.tally.missing],
      ...[job.stage, textOrNull(job.reported), job.deadlineAt],
      ...[job.submittedAt, job.endedAt, textOrNull(job.error), key],
    );
  };
}
