import type { DatabaseSync } from 'node:sqlite';
import type { BatchStateChange, BatchStatus, PauseReason } from '../../batches.ts';
import { prepare } from '../statement.ts';

/** A state that a batch enters. */
interface EnteredState {
  status: BatchStatus;
  pauseReason: PauseReason | null;
  at: number;
}

/** Writes a state that a batch enters, with its counts. Sums of the transaction must be flushed before. */
export function prepareWriteChange(db: DatabaseSync): (batch: number, entered: EnteredState) => void {
  const insert = prepare(
    db,
    `INSERT INTO batch_changes (batch, number, at, status, pause_reason, queued, running, succeeded, failed)
     SELECT ?1, 1 + coalesce((SELECT max(number) FROM batch_changes WHERE batch = ?1), 0), ?2, ?3, ?4,
       queued, running, succeeded, failed FROM batch_totals WHERE batch = ?1`,
  );
  return (batch, { status, pauseReason, at }) => {
    insert.run(batch, Math.round(at), status, pauseReason);
  };
}

/** The states that a batch has entered, in order. */
export function prepareReadChanges(db: DatabaseSync): (id: string) => BatchStateChange[] {
  const select = prepare<BatchStateChange>(
    db,
    `SELECT c.number, c.at, c.status, c.pause_reason AS pauseReason, c.queued, c.running, c.succeeded, c.failed
     FROM batch_changes c JOIN batches b ON b.key = c.batch WHERE b.id = ? ORDER BY c.number`,
  );
  return (id) => select.all(id).map((change) => ({ ...change }));
}
