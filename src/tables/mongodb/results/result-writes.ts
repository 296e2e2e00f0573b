import type { AnyBulkWriteOperation, ClientSession, Document, Filter } from 'mongodb';
import type { OpenedCollection } from '../connection/collection.ts';
import { writeError } from '../connection/mongo-error.ts';
import { isKeyless, MAX_BYTES } from './result-document.ts';
import type { Places, RowResultDocument } from './result-places.ts';

/** Results and their places. */
type Writes = Pick<Places, 'added' | 'replaced'>;

/**
 * Writes results in a transaction. Those that are new and fit in one command are sent as one: the driver would make an
 * operation of each of them, which takes as long as to write them as BSON.
 */
export async function writeIn(
  session: ClientSession,
  writes: Writes,
  { client, documents, place }: OpenedCollection,
): Promise<void> {
  const { added, replaced } = writes;
  const bytes = added.reduce((sum, one) => sum + one.bytes, 0);
  if (bytes >= MAX_BYTES || replaced.length > 0) {
    await documents.bulkWrite(operationsOf(writes), { session });
    return;
  }
  const command = { insert: place.collection, documents: added.map(({ document }) => document) };
  const { writeErrors = [] } = await client.db(place.database).command(command, { session });
  const [refused] = writeErrors as Document[];
  if (refused !== undefined) throw writeError(refused);
}

/** The operations that write results. */
export function operationsOf({ added, replaced }: Writes): AnyBulkWriteOperation<Document>[] {
  // Copies, because the driver adds an `_id`.
  return [...added.map(({ document }) => ({ insertOne: { document: { ...document } } })), ...replaced.map(replace)];
}

/** The write that puts a result in the place of its own. The unique index refuses it where the place is another row's. */
function replace({ record, document }: RowResultDocument): AnyBulkWriteOperation<Document> {
  const { query_id, source_id, batch_id } = document;
  const own = [
    { source_id: { $in: [source_id, null] } },
    ...(isKeyless(record) ? [{ batch_id: { $ne: batch_id } }] : []),
  ];
  return { replaceOne: { filter: { query_id, $or: own } as Filter<Document>, replacement: document, upsert: true } };
}
