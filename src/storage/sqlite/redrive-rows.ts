import type { DatabaseSync } from 'node:sqlite';
import type { ErrorCode } from '../../errors.ts';
import type { Fence } from '../store.ts';
import { idRange } from './row-id.ts';
import { FAILED, QUEUED } from './row-record.ts';
import { prepare } from './statement.ts';
import type { Transaction } from './transaction.ts';

type RedriveRows = (
  transaction: Transaction,
  fence: Fence,
  options: { codes?: ErrorCode[]; restart?: boolean },
) => number;

/** How an attempt ended, kept before its row gets another. */
const KEEP_ATTEMPTS = `INSERT INTO row_attempts
  SELECT id, attempt, error_code, error_message, started_at, ended_at, processing_ms FROM row_states`;

/**
 * Code by code, so that the failure groups follow. Malformed rows stay: another attempt can't mend them.
 * One transaction, whatever their number: a million failed rows take about three seconds.
 */
export function prepareRedriveRows(db: DatabaseSync): RedriveRows {
  const readCodes = prepare<{ code: ErrorCode }>(
    db,
    `SELECT code FROM batch_failures WHERE batch = ? AND count > 0 AND code <> 'row_malformed'`,
  );
  const keepFailed = prepare(
    db,
    `${KEEP_ATTEMPTS} INDEXED BY row_states_failed
     WHERE status = ${FAILED} AND error_code = ? AND id >= ? AND id < ?`,
  );
  const keepBegun = prepare(
    db,
    `${KEEP_ATTEMPTS} INDEXED BY row_states_status WHERE status = ${QUEUED} AND claims > 0 AND id >= ? AND id < ?`,
  );
  const restartBegun = prepare(
    db,
    `UPDATE row_states INDEXED BY row_states_status SET attempt = attempt + 1, claims = 0
     WHERE status = ${QUEUED} AND claims > 0 AND id >= ? AND id < ?`,
  );
  const redrive = prepare(
    db,
    `UPDATE row_states INDEXED BY row_states_failed
     SET status = ${QUEUED}, attempt = attempt + 1, claims = 0, input = NULL, output = NULL, error_code = NULL,
       error_message = NULL, started_at = NULL, ended_at = NULL, processing_ms = NULL
     WHERE status = ${FAILED} AND error_code = ? AND id >= ? AND id < ?`,
  );
  return (transaction, fence, { codes, restart = false }) => {
    const batch = transaction.fenced(fence).key;
    // The codes that are read must hold the failures of this transaction too.
    transaction.flush();
    const { first, end } = idRange(batch);
    const totals = transaction.totals(batch);
    if (restart) {
      keepBegun.run(first, end);
      restartBegun.run(first, end);
    }
    let redriven = 0;
    for (const { code } of readCodes.all(batch)) {
      if (codes !== undefined && !codes.includes(code)) continue;
      keepFailed.run(code, first, end);
      const changed = redrive.run(code, first, end);
      transaction.countFailures(batch, code, -changed);
      redriven += changed;
    }
    totals.failed -= redriven;
    totals.queued += redriven;
    return redriven;
  };
}
