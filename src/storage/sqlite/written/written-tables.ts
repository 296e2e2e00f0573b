import type { DatabaseSync } from 'node:sqlite';
import type { WrittenTable } from '../../written.ts';
import { prepare } from '../statement.ts';

/** Records a table; a place that is written again gets its new mark and batch. */
export function prepareRecordWritten(db: DatabaseSync): (table: WrittenTable) => void {
  const record = prepare(
    db,
    `INSERT INTO written_tables (place, mark, batch) VALUES (?, ?, ?)
     ON CONFLICT (place) DO UPDATE SET mark = coalesce(excluded.mark, mark), batch = coalesce(excluded.batch, batch)`,
  );
  return ({ place, mark, batchId }) => {
    record.run(place, mark, batchId);
  };
}

/** Finds which of some tables Rowmill wrote. */
export function prepareFindWritten(
  db: DatabaseSync,
): (tables: readonly Pick<WrittenTable, 'place' | 'mark'>[]) => ReadonlySet<string> {
  const find = prepare<{ found: number }>(
    db,
    'SELECT 1 AS found FROM written_tables WHERE place = ?1 OR mark = ?2 LIMIT 1',
  );
  return (tables) => new Set(tables.flatMap(({ place, mark }) => (find.get(place, mark) === undefined ? [] : [place])));
}

/** Reads the batch whose table was the last at a place. */
export function prepareReadWriter(db: DatabaseSync): (place: string) => string | null {
  const read = prepare<{ batch: string | null }>(db, 'SELECT batch FROM written_tables WHERE place = ?');
  return (place) => read.get(place)?.batch ?? null;
}
