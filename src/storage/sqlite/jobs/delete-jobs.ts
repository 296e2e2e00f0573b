import type { DatabaseSync } from 'node:sqlite';
import { prepare } from '../statement.ts';

/** Deletes a portion of the jobs of a removed batch, by the ids of its rows, with what was to be sent for them. */
export function prepareDeleteJobs(db: DatabaseSync): (first: number, end: number, limit: number) => number {
  const some = prepare<{ key: number; id: string }>(
    db,
    'SELECT key, id FROM jobs INDEXED BY jobs_row WHERE row >= ? AND row < ? ORDER BY row LIMIT ? + 0',
  );
  // The event ids of a job start with its own id; "`" is the character after "_".
  const events = prepare(
    db,
    "DELETE FROM deliveries WHERE event >= 'evt' || substr(?1, 4) || '_' AND event < 'evt' || substr(?1, 4) || '`'",
  );
  const remove = prepare(db, 'DELETE FROM jobs WHERE key = ?');
  return (first, end, limit) => {
    const jobs = some.all(first, end, limit);
    for (const { key, id } of jobs) {
      events.run(id);
      remove.run(key);
    }
    return jobs.length;
  };
}
