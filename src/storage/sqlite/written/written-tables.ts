import type { DatabaseSync } from 'node:sqlite';
import type { WrittenTable } from '../../written.ts';
import { prepare } from '../statement.ts';

/** Records a table; a place that is written again gets its new mark. */
export function prepareRecordWritten(db: DatabaseSync): (table: WrittenTable) => void {
  const record = prepare(
    db,
    `INSERT INTO written_tables (place, mark) VALUES (?, ?)
     ON CONFLICT (place) DO UPDATE SET mark = coalesce(excluded.mark, mark)`,
  );
  return ({ place, mark }) => {
    record.run(place, mark);
  };
}

/** Finds which of some tables Rowmill wrote. */
export function prepareFindWritten(db: DatabaseSync): (tables: readonly WrittenTable[]) => ReadonlySet<string> {
  const find = prepare<{ found: number }>(
    db,
    'SELECT 1 AS found FROM written_tables WHERE place = ?1 OR mark = ?2 LIMIT 1',
  );
  return (tables) => new Set(tables.flatMap(({ place, mark }) => (find.get(place, mark) === undefined ? [] : [place])));
}
