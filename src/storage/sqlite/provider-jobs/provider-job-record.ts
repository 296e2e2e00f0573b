import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { ProviderJobRecord, ProviderJobState } from '../../provider-jobs.ts';
import type { StoredError } from '../../rows.ts';
import { parseOrNull } from '../batches/batch-record.ts';
import { prepare } from '../statement.ts';

/** The columns that {@link toProviderJobRecord} reads. */
export const JOB_COLUMNS = `id, provider, model, state, provider_job_id, requests, bytes, answered, refused, missing,
  stage, reported, deadline_at, created_at, submitted_at, ended_at, error`;

/** A database row with {@link JOB_COLUMNS}. */
export interface StoredProviderJob {
  id: string;
  provider: string;
  model: string;
  state: ProviderJobState;
  provider_job_id: string | null;
  requests: number;
  bytes: number;
  answered: number;
  refused: number;
  missing: number;
  stage: ProviderJobRecord['stage'];
  reported: string | null;
  deadline_at: number | null;
  created_at: number;
  submitted_at: number | null;
  ended_at: number | null;
  error: string | null;
}

export function toProviderJobRecord(row: StoredProviderJob): ProviderJobRecord {
  return {
    id: row.id,
    provider: row.provider,
    model: row.model,
    state: row.state,
    providerJobId: row.provider_job_id,
    requests: row.requests,
    bytes: row.bytes,
    tally: { answered: row.answered, refused: row.refused, missing: row.missing },
    stage: row.stage,
    reported: parseOrNull<NonNullable<ProviderJobRecord['reported']>>(row.reported),
    deadlineAt: row.deadline_at,
    createdAt: row.created_at,
    submittedAt: row.submitted_at,
    endedAt: row.ended_at,
    error: parseOrNull<StoredError>(row.error),
  };
}

/** The key of a job of a batch. */
export function prepareProviderJobKey(db: DatabaseSync): (batch: number, jobId: string) => number {
  const select = prepare<{ key: number }>(db, 'SELECT key FROM provider_jobs WHERE id = ? AND batch = ?');
  return (batch, jobId) => {
    const key = select.get(jobId, batch)?.key;
    if (key === undefined) throw new AppError('internal', `There is no job ${jobId} of this batch.`);
    return key;
  };
}
