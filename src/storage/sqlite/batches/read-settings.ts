import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import type { JsonObject } from '../../../protocol/messages.ts';
import { prepare } from '../statement.ts';

/** The options that were set on a batch after its creation. */
export function prepareReadSettings(db: DatabaseSync): (batchId: string) => JsonObject {
  const select = prepare<{ settings: string }>(db, 'SELECT settings FROM batches WHERE id = ?');
  return (batchId) => {
    const found = select.get(batchId);
    if (found === undefined) throw new AppError('batch_not_found', `There is no batch ${batchId}.`);
    return JSON.parse(found.settings) as JsonObject;
  };
}
