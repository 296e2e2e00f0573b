import type { DatabaseSync } from 'node:sqlite';
import type { ErrorCode } from '../../../base/errors.ts';
import type { Fence } from '../../leases.ts';
import { LIMIT, prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';
import { idRange } from './row-id.ts';
import { FAILED, QUEUED } from './row-record.ts';

/** Which rows to redrive; see the contract. */
export interface RedriveOptions {
  codes?: ErrorCode[];
  restart?: boolean;
}

/**
 * One portion: the number of failed rows that it redrove, and the row id where the next portion starts; null: none is
 * left.
 */
type RedriveRows = (
  transaction: Transaction,
  fence: Fence,
  options: RedriveOptions & { fromId: number },
) => { redriven: number; nextId: number | null };

/**
 * Rows per transaction. A million in one transaction blocked the event loop for 3.3 s; a portion takes about 2.5 ms of
 * CPU. After a crash between two portions, the remaining rows are still failed; another redrive queues them.
 */
const PORTION = 500;

/** Stores how attempts ended, before their rows get new ones. */
const KEEP_ATTEMPTS = `INSERT INTO row_attempts
  SELECT id, attempt, error_code, error_message, started_at, ended_at, processing_ms FROM row_states`;

/** First started rows, from `fromId` on; then failed rows, code by code, so that the failure groups are updated. */
export function prepareRedriveRows(db: DatabaseSync): RedriveRows {
  const restart = prepareRestart(db);
  const redrive = prepareRedrive(db);
  return (transaction, fence, options) => {
    const batch = transaction.fenced(fence).key;
    const { end } = idRange(batch);
    const from = Math.max(options.fromId, idRange(batch).first);
    if (options.restart === true && from < end) return { redriven: 0, nextId: restart(from, end) ?? end };
    const redriven = redrive(transaction, batch, options.codes);
    return { redriven, nextId: redriven < PORTION ? null : end };
  };
}

/** Gives started queued rows another attempt. Returns the id after the rows that were checked, or null at the end. */
function prepareRestart(db: DatabaseSync): (from: number, end: number) => number | null {
  const lastOfPortion = prepare<{ id: number | null; looked: number }>(
    db,
    `SELECT max(id) AS id, count(*) AS looked FROM (
       SELECT id FROM row_states INDEXED BY row_states_status
       WHERE status = ${QUEUED} AND id >= ? AND id < ? ORDER BY id LIMIT ${PORTION})`,
  );
  const where = `WHERE status = ${QUEUED} AND claims > 0 AND id >= ? AND id < ?`;
  const keep = prepare(db, `${KEEP_ATTEMPTS} INDEXED BY row_states_status ${where}`);
  const restart = prepare(
    db,
    `UPDATE row_states INDEXED BY row_states_status SET attempt = attempt + 1, claims = 0 ${where}`,
  );
  return (from, end) => {
    const { id = null, looked = 0 } = lastOfPortion.get(from, end) ?? {};
    if (id === null) return null;
    keep.run(from, id + 1);
    restart.run(from, id + 1);
    return looked < PORTION ? null : id + 1;
  };
}

/** Malformed rows stay failed: another attempt can't fix them. */
function prepareRedrive(
  db: DatabaseSync,
): (transaction: Transaction, batch: number, codes: ErrorCode[] | undefined) => number {
  const readCodes = prepare<{ code: ErrorCode }>(
    db,
    `SELECT code FROM batch_failures WHERE batch = ? AND count > 0 AND code <> 'row_malformed'`,
  );
  const failed = `status = ${FAILED} AND error_code = ? AND id >= ? AND id < ?`;
  const lastOfPortion = prepare<{ id: number | null }>(
    db,
    `SELECT max(id) AS id FROM (
       SELECT id FROM row_states INDEXED BY row_states_failed WHERE ${failed} ORDER BY id ${LIMIT})`,
  );
  const keep = prepare(db, `${KEEP_ATTEMPTS} INDEXED BY row_states_failed WHERE ${failed}`);
  const redrive = prepare(
    db,
    `UPDATE row_states INDEXED BY row_states_failed
     SET status = ${QUEUED}, attempt = attempt + 1, claims = 0, input = NULL, output = NULL, error_code = NULL,
       error_message = NULL, started_at = NULL, ended_at = NULL, processing_ms = NULL
     WHERE ${failed}`,
  );
  return (transaction, batch, codes) => {
    // The codes that are read next must include the failures of this transaction.
    transaction.flush();
    const { first, end } = idRange(batch);
    let redriven = 0;
    for (const { code } of readCodes.all(batch)) {
      if (redriven === PORTION) break;
      if (codes !== undefined && !codes.includes(code)) continue;
      const last = lastOfPortion.get(code, first, end, PORTION - redriven)?.id ?? null;
      if (last === null) continue;
      keep.run(code, first, last + 1);
      const changed = redrive.run(code, first, last + 1);
      transaction.countFailures(batch, code, -changed);
      redriven += changed;
    }
    const totals = transaction.totals(batch);
    totals.failed -= redriven;
    totals.queued += redriven;
    return redriven;
  };
}
