import type { DatabaseSync } from 'node:sqlite';
import type { Fence } from '../../leases.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';

type PruneRuns = (transaction: Transaction, fence: Fence, runs: string[]) => void;

/**
 * Empties requests and responses; keys, times, usage and cost stay. Bodies that are already empty are not written
 * again.
 */
export function preparePruneRuns(db: DatabaseSync): PruneRuns {
  const entriesOf = '(SELECT id FROM journal_entries WHERE run = ?)';
  const statements = [
    prepare(db, `DELETE FROM answer_hashes WHERE entry IN ${entriesOf}`),
    prepare(db, `UPDATE journal_answers SET response = '' WHERE entry IN ${entriesOf} AND response <> ''`),
    prepare(db, `UPDATE journal_entries SET request = '' WHERE run = ? AND request <> ''`),
  ];
  return (transaction, fence, runs) => {
    transaction.fenced(fence);
    for (const run of runs) for (const statement of statements) statement.run(run);
  };
}
