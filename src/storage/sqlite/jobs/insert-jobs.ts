import type { DatabaseSync } from 'node:sqlite';
import type { NewBatch } from '../../batches.ts';
import type { JobInsert, JobsInserted, NewJob } from '../../jobs.ts';
import { prepareInsertBatch } from '../batches/insert-batch.ts';
import { prepareInsertCollected, prepareNextRow } from '../rows/append-rows.ts';
import { rowId } from '../rows/row-id.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { prepareQueueKey } from './queues.ts';

type InsertJobs = (transaction: Transaction, insert: JobInsert) => JobsInserted;

/** Opens a batch that collects the jobs of a queue. */
export function prepareOpenBatch(db: DatabaseSync): (batch: NewBatch, queue: number, isStanding: boolean) => number {
  const insertBatch = prepareInsertBatch(db);
  const mark = prepare(db, 'UPDATE batches SET queue = ? WHERE id = ?');
  const keyOf = prepare<{ key: number }>(db, 'SELECT key FROM batches WHERE id = ?');
  const stand = prepare(db, 'UPDATE queues SET batch = ? WHERE key = ?');
  return (batch, queue, isStanding) => {
    insertBatch(batch);
    mark.run(queue, batch.id);
    const key = keyOf.get(batch.id)?.key ?? 0;
    if (isStanding) stand.run(key, queue);
    return key;
  };
}

/** Adds jobs to the standing batch of their queue, in one transaction. */
export function prepareInsertJobs(db: DatabaseSync): InsertJobs {
  const queueOf = prepareQueueKey(db);
  const open = prepareOpenBatch(db);
  const standingId = prepare<{ id: string }>(db, "SELECT id FROM batches WHERE key = ? AND status = 'collecting'");
  const nextRow = prepareNextRow(db);
  const insertRow = prepareInsertCollected(db);
  const insertJob = prepareInsertJob(db);
  const repeated = prepareRepeated(db);
  return (transaction, { queue: name, owner, standing, isAlone = false, jobs, at }) => {
    const queue = queueOf(name);
    const current = queue.batch === null ? undefined : standingId.get(queue.batch)?.id;
    const isOpen = typeof standing === 'string' ? current === standing : isAlone || current === undefined;
    if (!isOpen) return { state: 'moved' };
    const isNew = typeof standing !== 'string';
    const batch = isNew ? open(standing, queue.key, !isAlone) : (queue.batch ?? 0);
    const batchId = isNew ? standing.id : standing;
    let row = nextRow(batch);
    let added = 0;
    const results = jobs.map((job) => {
      const cells = JSON.stringify(job.cells);
      const known = job.idempotencyKey === null ? undefined : repeated(owner, job.idempotencyKey, cells);
      if (known !== undefined) return known;
      const id = rowId(batch, row);
      insertRow(id, cells);
      insertJob(job, { queue: queue.key, row: id, owner, at });
      row += 1;
      added += 1;
      return { id: job.id, isRepeated: false, isOther: false };
    });
    const totals = transaction.totals(batch);
    totals.rows += added;
    totals.queued += added;
    return { state: 'inserted', batchId, jobs: results };
  };
}

function prepareInsertJob(db: DatabaseSync) {
  const insert = prepare(
    db,
    `INSERT INTO jobs (id, queue, row, owner, priority, not_before, deadline, callback_url, idempotency_key,
       cap_micro_usd, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return (job: NewJob, { queue, row, owner, at }: { queue: number; row: number; owner: string; at: number }): void => {
    insert.run(
      ...[job.id, queue, row, owner, job.priority, job.notBefore, job.deadline, job.callbackUrl],
      ...[job.idempotencyKey, job.capMicroUsd, at],
    );
  };
}

/** The job that an owner enqueued under a key; `isOther`: with another input. */
function prepareRepeated(db: DatabaseSync) {
  const find = prepare<{ id: string; cells: string | null }>(
    db,
    `SELECT j.id, o.cells FROM jobs j LEFT JOIN row_sources o ON o.id = j.row
     WHERE j.owner = ? AND j.idempotency_key = ?`,
  );
  return (owner: string, key: string, cells: string) => {
    const found = find.get(owner, key);
    if (found === undefined) return undefined;
    return { id: found.id, isRepeated: true, isOther: found.cells !== null && found.cells !== cells };
  };
}
