import type { DatabaseSync } from 'node:sqlite';
import { LIMIT, prepare } from '../statement.ts';

/** The ids that start with a text, newest first. */
export function prepareFindBatchIds(db: DatabaseSync): (start: string, limit: number) => string[] {
  // A range of the unique index of ids; "~" comes after every character of an id.
  const select = prepare<{ id: string }>(
    db,
    `SELECT id FROM batches WHERE id >= ?1 AND id < ?1 || '~' ORDER BY key DESC ${LIMIT}`,
  );
  return (start, limit) => select.all(start, limit).map(({ id }) => id);
}
