import { AppError } from '../../base/errors.ts';
import type { Store } from '../../storage/store.ts';
import { batchNotFound } from './results.ts';

/** The number of ids that the message about an ambiguous start names. */
const SHOWN_IDS = 5;

/**
 * The id of the batch that a person names: an id, the start of one (with or without `bat_`), or `latest`.
 * @throws AppError `batch_not_found`; `invalid_arguments` where several ids start so
 */
export async function findBatchId(name: string, store: Pick<Store, 'findBatchIds' | 'readBatch'>): Promise<string> {
  if (name === 'latest') {
    const [newest] = await store.findBatchIds('', 1);
    if (newest === undefined) throw new AppError('batch_not_found', 'There are no batches yet.');
    return newest;
  }
  // A whole id may be the start of a longer one.
  if ((await store.readBatch(name)) !== undefined) return name;
  const start = name.startsWith('bat_') ? name : `bat_${name}`;
  const found = /^bat_\w*$/.test(start) ? await store.findBatchIds(start, SHOWN_IDS + 1) : [];
  const [only, other] = found;
  if (only === undefined) throw batchNotFound(name);
  if (other === undefined) return only;
  const more = found.length > SHOWN_IDS ? ', …' : '';
  const text = `Several batches start with ${name}: ${found.slice(0, SHOWN_IDS).join(', ')}${more}. Write more of the id.`;
  throw new AppError('invalid_arguments', text);
}
