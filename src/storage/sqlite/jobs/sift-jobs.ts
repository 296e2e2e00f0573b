import type { DatabaseSync } from 'node:sqlite';
import type { JobSifting } from '../../jobs.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { prepareInsertCollected, prepareNextRow } from '../rows/append-rows.ts';
import { idRange, rowId } from '../rows/row-id.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { prepareEndJob, prepareRemoveRow } from './change-jobs.ts';
import { prepareOpenBatch } from './insert-jobs.ts';
import { prepareQueueKey } from './queues.ts';

/** Jobs in one transaction. */
const PORTION = 1_000;

type SiftJobs = (
  transaction: Transaction,
  sifting: JobSifting,
) => { moved: number; expired: number; isDone: boolean; deadline: number | null; capMicroUsd: number };

/**
 * A portion of the jobs of a collecting batch that must not run with it: those that are not due go to the standing
 * batch, those whose deadline has passed end. After a crash between two portions, the rest is still in the batch.
 */
export function prepareSiftJobs(db: DatabaseSync): SiftJobs {
  const keyOf = prepareBatchKey(db);
  const leaving = prepare<{ key: number; row: number; isLate: number; cells: string }>(
    db,
    `SELECT j.key, j.row, j.deadline IS NOT NULL AND j.deadline <= ?3 AS isLate, o.cells
     FROM jobs j INDEXED BY jobs_row JOIN row_sources o ON o.id = j.row
     WHERE j.row >= ?1 AND j.row < ?2
       AND (j.not_before > ?3 OR j.deadline <= ?3 OR (?4 AND j.cap_micro_usd IS NULL))
     ORDER BY j.row LIMIT ${PORTION}`,
  );
  const remaining = prepare<{ deadline: number | null; capMicroUsd: number }>(
    db,
    'SELECT min(deadline) AS deadline, total(cap_micro_usd) AS capMicroUsd FROM jobs INDEXED BY jobs_row WHERE row >= ? AND row < ?',
  );
  const collects = prepare<{ key: number }>(db, "SELECT key FROM batches WHERE key = ? AND status = 'collecting'");
  const standing = prepareStandingFor(db);
  const endJob = prepareEndJob(db);
  const move = prepareMove(db);
  return (transaction, { queue, from, to, now, cappedOnly }) => {
    const batch = keyOf(from);
    // Another processing may have started it in the meantime: its jobs stay.
    if (collects.get(batch) === undefined)
      return { moved: 0, expired: 0, isDone: true, deadline: null, capMicroUsd: 0 };
    const { first, end } = idRange(batch);
    const jobs = leaving.all(first, end, now, cappedOnly ? 1 : 0);
    const late = jobs.filter(({ isLate }) => isLate === 1);
    for (const job of late) endJob(transaction, { ...job, batch }, { ending: 'expired', at: now });
    const moving = jobs.filter(({ isLate }) => isLate === 0);
    if (moving.length > 0) move(transaction, moving, { from: batch, to: standing(queue, to) });
    const isDone = jobs.length < PORTION;
    const { deadline = null, capMicroUsd = 0 } = (isDone ? remaining.get(first, end) : undefined) ?? {};
    return { moved: moving.length, expired: late.length, isDone, deadline, capMicroUsd };
  };
}

/** The standing batch that takes the jobs: the present one, or the given one. */
function prepareStandingFor(db: DatabaseSync) {
  const queueOf = prepareQueueKey(db);
  const keyOf = prepareBatchKey(db);
  const idOf = prepare<{ id: string }>(db, "SELECT id FROM batches WHERE key = ? AND status = 'collecting'");
  const open = prepareOpenBatch(db);
  return (name: JobSifting['queue'], to: JobSifting['to']): { key: number; id: string } => {
    const queue = queueOf(name);
    const current = queue.batch === null ? undefined : idOf.get(queue.batch);
    if (queue.batch !== null && current !== undefined) return { key: queue.batch, id: current.id };
    if (typeof to === 'string') return { key: keyOf(to), id: to };
    return { key: open(to, queue.key, true), id: to.id };
  };
}

function prepareMove(db: DatabaseSync) {
  const nextRow = prepareNextRow(db);
  const insertRow = prepareInsertCollected(db);
  const removeRow = prepareRemoveRow(db);
  const change = prepare(db, 'UPDATE jobs SET row = ? WHERE key = ?');
  return (
    transaction: Transaction,
    jobs: readonly { key: number; row: number; cells: string }[],
    { from, to }: { from: number; to: { key: number; id: string } },
  ): void => {
    let next = nextRow(to.key);
    for (const { key, row, cells } of jobs) {
      const id = rowId(to.key, next);
      insertRow(id, cells);
      change.run(id, key);
      removeRow(transaction, from, row);
      next += 1;
    }
    const totals = transaction.totals(to.key);
    totals.rows += jobs.length;
    totals.queued += jobs.length;
  };
}
