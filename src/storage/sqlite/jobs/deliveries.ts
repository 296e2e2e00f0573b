import type { DatabaseSync } from 'node:sqlite';
import type { Delivery, DeliveryOutcome, JobStore } from '../../jobs.ts';
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
  return {
    /** The row of the job has ended. */
    ofRow(row: number, at: number): void {
      ofRow.run(row, at);
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

/** Newest first. */
export function prepareListDeliveries(
  db: DatabaseSync,
): (options: Parameters<JobStore['listDeliveries']>[0]) => Delivery[] {
  const list = prepare<DeliveryRow>(db, `${SELECT} WHERE ?1 IS NULL OR state = ?1 ORDER BY key DESC LIMIT ?2 + 0`);
  return ({ state, limit }) => list.all(state === undefined ? null : STATES.indexOf(state), limit).map(toDelivery);
}

/** Makes a dead delivery due again, from its first attempt. */
export function prepareRetryDelivery(db: DatabaseSync): (eventId: string, at: number) => boolean {
  const retry = prepare(
    db,
    `UPDATE deliveries SET state = ${PENDING}, attempts = 0, next_at = ? WHERE event = ? AND state = ${DEAD}`,
  );
  return (eventId, at) => retry.run(at, eventId) > 0;
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
