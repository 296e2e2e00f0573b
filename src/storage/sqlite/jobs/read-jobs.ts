import type { DatabaseSync } from 'node:sqlite';
import type { ErrorCode } from '../../../base/errors.ts';
import { parseJson } from '../../../base/json/exact-number.ts';
import type { Json, JsonObject } from '../../../protocol/messages.ts';
import type { BatchStatus } from '../../batches.ts';
import type { JobEnding, JobRecord } from '../../jobs.ts';
import { parseOrNull } from '../batches/batch-record.ts';
import { rowOf } from '../rows/row-id.ts';
import { QUEUED, STATUSES } from '../rows/row-record.ts';
import { prepare } from '../statement.ts';

/** A result of {@link SELECT_JOB}. */
export interface JobRow {
  id: string;
  agent: string;
  version: string;
  model: string;
  owner: string;
  row: number | null;
  priority: number;
  not_before: number | null;
  deadline: number | null;
  callback_url: string | null;
  idempotency_key: string | null;
  cap_micro_usd: number | null;
  ending: JobEnding | null;
  created_at: number;
  ended_at: number | null;
  batch: string | null;
  batch_status: BatchStatus | null;
  status: number | null;
  attempt: number | null;
  output: string | null;
  error_code: ErrorCode | null;
  error_message: string | null;
  started_at: number | null;
  row_ended_at: number | null;
  batch_ended_at: number | null;
  cells: string | null;
}

/** A job with its row; a job of a deleted batch is gone. */
export const SELECT_JOB = `SELECT j.id, q.agent, q.version, q.model, j.owner, j.row, j.priority, j.not_before, j.deadline,
    j.callback_url, j.idempotency_key, j.cap_micro_usd, j.ending, j.created_at, j.ended_at,
    b.id AS batch, b.status AS batch_status, s.status, s.attempt, s.output, s.error_code, s.error_message,
    s.started_at, s.ended_at AS row_ended_at, b.ended_at AS batch_ended_at, o.cells
  FROM jobs j JOIN queues q ON q.key = j.queue
    LEFT JOIN row_states s ON s.id = j.row
    LEFT JOIN row_sources o ON o.id = j.row
    LEFT JOIN batches b ON b.key = j.row >> 32
  WHERE (j.row IS NULL OR b.key IS NOT NULL)`;

/** One job by its id. */
export function prepareReadJob(db: DatabaseSync): (id: string) => JobRecord | undefined {
  const select = prepare<JobRow>(db, `${SELECT_JOB} AND j.id = ?`);
  return (id) => {
    const found = select.get(id);
    return found === undefined ? undefined : toJobRecord(found);
  };
}

/** A stored job as the contract has it. */
export function toJobRecord(job: JobRow): JobRecord {
  const isGone = job.row === null || job.batch === null || job.batch_status === null || job.status === null;
  return {
    id: job.id,
    queue: { agent: job.agent, version: job.version, model: job.model },
    owner: job.owner,
    priority: job.priority,
    notBefore: job.not_before,
    deadline: job.deadline,
    callbackUrl: job.callback_url,
    idempotencyKey: job.idempotency_key,
    capMicroUsd: job.cap_micro_usd,
    ending: job.ending,
    createdAt: job.created_at,
    endedAt: job.ended_at ?? job.row_ended_at ?? job.batch_ended_at,
    batch: isGone ? null : { id: job.batch as string, status: job.batch_status as BatchStatus },
    row: isGone ? null : rowOfJob(job),
  };
}

function rowOfJob(job: JobRow): NonNullable<JobRecord['row']> {
  return {
    row: rowOf(job.row ?? 0),
    status: STATUSES[job.status ?? QUEUED] ?? 'queued',
    attempt: job.attempt ?? 0,
    cells: parseJson(job.cells ?? '[]') as Json[],
    output: parseOrNull<JsonObject>(job.output),
    error: job.error_code === null ? null : { code: job.error_code, message: job.error_message ?? '' },
    startedAt: job.started_at,
    endedAt: job.row_ended_at,
  };
}
