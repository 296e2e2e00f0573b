import type { DatabaseSync } from 'node:sqlite';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { prepareNextRow } from '../rows/append-rows.ts';
import { idRange, rowId, rowOf } from '../rows/row-id.ts';
import { prepare } from '../statement.ts';

/** The rows of a batch's jobs by priority; none when they are in that order. */
export function prepareReadJobOrder(db: DatabaseSync): (batchId: string) => number[] {
  const keyOf = prepareBatchKey(db);
  const rows = 'FROM jobs INDEXED BY jobs_row WHERE row >= ?1 AND row < ?2';
  const isUnordered = prepare<{ found: number }>(
    db,
    `SELECT EXISTS (SELECT 1 FROM (SELECT priority, lag(priority) OVER (ORDER BY row) AS earlier ${rows})
       WHERE earlier < priority) AS found`,
  );
  const order = prepare<{ row: number }>(db, `SELECT row ${rows} ORDER BY priority DESC, row`);
  return (batchId) => {
    const { first, end } = idRange(keyOf(batchId));
    if (isUnordered.get(first, end)?.found !== 1) return [];
    return order.all(first, end).map(({ row }) => rowOf(row));
  };
}

/** Gives rows of a collecting batch the numbers after its last one, in the given order. Rows that are gone are left out. */
export function prepareMoveJobs(db: DatabaseSync): (batchId: string, rows: readonly number[]) => void {
  const collects = prepare<{ key: number }>(db, "SELECT key FROM batches WHERE id = ? AND status = 'collecting'");
  const nextRow = prepareNextRow(db);
  const job = prepare(db, 'UPDATE jobs SET row = ? WHERE row = ?');
  const state = prepare(db, 'UPDATE row_states SET id = ?, place = NULL WHERE id = ?');
  const source = prepare(db, 'UPDATE row_sources SET id = ?, line = ? WHERE id = ?');
  return (batchId, rows) => {
    const batch = collects.get(batchId)?.key;
    if (batch === undefined) return;
    let next = nextRow(batch);
    for (const row of rows) {
      const [from, to] = [rowId(batch, row), rowId(batch, next)];
      if (job.run(to, from) === 0) continue;
      source.run(to, next + 1, from);
      state.run(to, from);
      next += 1;
    }
  };
}
