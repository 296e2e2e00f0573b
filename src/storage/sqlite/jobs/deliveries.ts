import type { DatabaseSync } from 'node:sqlite';
import type { Delivery, DeliveryOutcome, JobStore } from '../../jobs.ts';
import { idRange } from '../rows/row-id.ts';
import { QUEUED } from '../rows/row-record.ts';
import { LIMIT, prepare } from '../statement.ts';

const STATES: Delivery['state'][] = ['pending', 'delivered', 'dead'];
const PENDING = 0;
const DEAD = 2;

interface DeliveryRow {
  event: string;
  job: string;
  url: string;
  attempts: number;
  state: number;
  error: string | null;
  created_at: number;
  next_at: number;
}

const SELECT = 'SELECT event, job, url, attempts, state, error, created_at, next_at FROM deliveries';

/** Records that the end of a job has to be sent, in the transaction that ends it. */
export function prepareAddDelivery(db: DatabaseSync) {
  const ofRow = prepare(
    db,
    `INSERT OR IGNORE INTO deliveries (event, job, url, created_at, next_at)
     SELECT 'evt' || substr(j.id, 4) || '_' || s.attempt, j.id, j.callback_url, ?2, ?2
     FROM jobs j INDEXED BY jobs_row JOIN row_states s ON s.id = j.row WHERE j.row = ?1 AND j.callback_url IS NOT NULL`,
  );
  const ofJob = prepare(
    db,
    `INSERT OR IGNORE INTO deliveries (event, job, url, created_at, next_at)
     SELECT 'evt' || substr(id, 4) || '_' || ?2, id, callback_url, ?3, ?3
     FROM jobs WHERE key = ?1 AND callback_url IS NOT NULL`,
  );
  const ofRest = prepare(
    db,
    `INSERT OR IGNORE INTO deliveries (event, job, url, created_at, next_at)
     SELECT 'evt' || substr(j.id, 4) || '_' || s.attempt || '_cancelled', j.id, j.callback_url, ?3, ?3
     FROM jobs j INDEXED BY jobs_callback JOIN row_states s ON s.id = j.row
     WHERE j.row >= ?1 AND j.row < ?2 AND j.callback_url IS NOT NULL AND s.status = ${QUEUED}`,
  );
  return {
    /** The row of the job has ended. */
    ofRow(row: number, at: number): void {
      ofRow.run(row, at);
    },
    /** The batch has ended: its jobs that did not run are cancelled. */
    ofRest(batch: number, at: number): void {
      const { first, end } = idRange(batch);
      ofRest.run(first, end, at);
    },
    /** The job ended without a row. */
    ofJob(key: number, ending: string, at: number): void {
      ofJob.run(key, ending, at);
    },
  };
}

/** Takes due deliveries: no other process takes them before `until`. */
export function prepareClaimDeliveries(
  db: DatabaseSync,
): (options: Parameters<JobStore['claimDeliveries']>[0]) => Delivery[] {
  const due = prepare<DeliveryRow>(
    db,
    `${SELECT} INDEXED BY deliveries_due WHERE state = ${PENDING} AND next_at <= ? ORDER BY next_at ${LIMIT}`,
  );
  const take = prepare(db, 'UPDATE deliveries SET next_at = ?, attempts = attempts + 1 WHERE event = ?');
  return ({ now, until, limit }) => {
    const found = due.all(now, limit);
    for (const { event } of found) take.run(until, event);
    return found.map((one) => toDelivery({ ...one, attempts: one.attempts + 1, next_at: until }));
  };
}

/** Records how an attempt to deliver ended. */
export function prepareSettleDelivery(db: DatabaseSync): (eventId: string, outcome: DeliveryOutcome) => void {
  const settle = prepare(
    db,
    `UPDATE deliveries SET state = ?, error = ?, next_at = coalesce(?, next_at) WHERE event = ? AND state = ${PENDING}`,
  );
  return (eventId, outcome) => {
    const error = outcome.state === 'delivered' ? null : outcome.error;
    settle.run(STATES.indexOf(outcome.state), error, outcome.state === 'pending' ? outcome.nextAt : null, eventId);
  };
}

const OWNED = '(?1 IS NULL OR job IN (SELECT id FROM jobs WHERE owner = ?1))';

/** Newest first. */
export function prepareListDeliveries(
  db: DatabaseSync,
): (options: Parameters<JobStore['listDeliveries']>[0]) => Delivery[] {
  const end = 'ORDER BY key DESC LIMIT ?2 + 0';
  const all = prepare<DeliveryRow>(db, `${SELECT} WHERE ${OWNED} ${end}`);
  const ofState = STATES.map((_, state) =>
    prepare<DeliveryRow>(db, `${SELECT} WHERE state = ${state} AND ${OWNED} ${end}`),
  );
  return ({ owner, state, limit }) => {
    const list = (state === undefined ? undefined : ofState[STATES.indexOf(state)]) ?? all;
    return list.all(owner ?? null, limit).map(toDelivery);
  };
}

/** Makes a dead delivery due again, from its first attempt. */
export function prepareRetryDelivery(
  db: DatabaseSync,
): (eventId: string, options: Parameters<JobStore['retryDelivery']>[1]) => boolean {
  const retry = prepare(
    db,
    `UPDATE deliveries SET state = ${PENDING}, attempts = 0, next_at = ?2
     WHERE event = ?3 AND state = ${DEAD} AND ${OWNED}`,
  );
  return (eventId, { at, owner }) => retry.run(owner ?? null, at, eventId) > 0;
}

/** Deletes those that were delivered or are dead, the oldest first. */
export function preparePruneDeliveries(
  db: DatabaseSync,
): (options: Parameters<JobStore['pruneDeliveries']>[0]) => number {
  const prune = prepare(
    db,
    `DELETE FROM deliveries WHERE key IN (SELECT key FROM deliveries INDEXED BY deliveries_over
       WHERE state > 0 AND next_at < ? ORDER BY next_at ${LIMIT})`,
  );
  return ({ before, limit }) => prune.run(before, limit);
}

function toDelivery(row: DeliveryRow): Delivery {
  return {
    eventId: row.event,
    jobId: row.job,
    url: row.url,
    attempts: row.attempts,
    state: STATES[row.state] ?? 'pending',
    error: row.error,
    createdAt: row.created_at,
    nextAt: row.next_at,
  };
}
