import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import { prepare } from '../statement.ts';

/**
 * From a batch's id to its key.
 * @throws AppError `batch_not_found`
 */
export function prepareBatchKey(db: DatabaseSync): (id: string) => number {
  const select = prepare<{ key: number }>(db, 'SELECT key FROM batches WHERE id = ?');
  return (id) => {
    const found = select.get(id);
    if (found === undefined) throw new AppError('batch_not_found', `There is no batch ${id}.`);
    return found.key;
  };
}
