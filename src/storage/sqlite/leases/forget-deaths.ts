import type { DatabaseSync } from 'node:sqlite';
import type { Fence } from '../../leases.ts';
import { prepare } from '../statement.ts';
import type { Transaction } from '../transaction.ts';

/** The next death of an owner is the first one again. */
export function prepareForgetDeaths(db: DatabaseSync): (transaction: Transaction, fence: Fence) => void {
  const forget = prepare(db, 'UPDATE batch_leases SET deaths = 0, progress_at_death = NULL WHERE batch = ?');
  return (transaction, fence) => {
    forget.run(transaction.fenced(fence).key);
  };
}
