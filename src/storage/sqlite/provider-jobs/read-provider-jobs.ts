import type { DatabaseSync } from 'node:sqlite';
import type { ProviderJobRecord, ProviderJobRow } from '../../provider-jobs.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { rowOf } from '../rows/row-id.ts';
import { LIMIT, prepare } from '../statement.ts';
import {
  JOB_COLUMNS,
  prepareProviderJobKey,
  type StoredProviderJob,
  toProviderJobRecord,
} from './provider-job-record.ts';

/** The jobs of a batch, in order of creation. */
export function prepareReadProviderJobs(db: DatabaseSync): (batchId: string) => ProviderJobRecord[] {
  const keyOf = prepareBatchKey(db);
  const select = prepare<StoredProviderJob>(
    db,
    `SELECT ${JOB_COLUMNS} FROM provider_jobs WHERE batch = ? ORDER BY key`,
  );
  return (batchId) => select.all(keyOf(batchId)).map(toProviderJobRecord);
}

/** The provider's ids of all its known jobs. */
export function prepareReadProviderJobIds(db: DatabaseSync): (provider: string) => string[] {
  const select = prepare<{ id: string }>(
    db,
    'SELECT provider_job_id AS id FROM provider_jobs WHERE provider = ? AND provider_job_id IS NOT NULL',
  );
  return (provider) => select.all(provider).map(({ id }) => id);
}

/** The rows that wait in a job, in order. */
export function prepareReadProviderJobRows(
  db: DatabaseSync,
): (batchId: string, jobId: string, limit: number) => ProviderJobRow[] {
  const batchKeyOf = prepareBatchKey(db);
  const keyOf = prepareProviderJobKey(db);
  const select = prepare<{ id: number; attempt: number; turn: number }>(
    db,
    `SELECT id, attempt, job_turn AS turn FROM row_states WHERE job = ? ORDER BY id ${LIMIT}`,
  );
  return (batchId, jobId, limit) =>
    select
      .all(keyOf(batchKeyOf(batchId), jobId), limit)
      .map(({ id, attempt, turn }) => ({ row: rowOf(id), attempt, turn }));
}
