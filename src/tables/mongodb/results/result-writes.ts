import type { AnyBulkWriteOperation, ClientSession, Document, Filter } from 'mongodb';
import type { OpenedCollection } from '../connection/collection.ts';
import { writeError } from '../connection/mongo-error.ts';
import { isKeyless, MAX_BYTES } from './result-document.ts';
import type { ResultWrite } from './result-places.ts';

/**
 * Writes results in a transaction. Those that are new and fit in one command are sent as one: the driver would make an
 * operation of each of them, which takes as long as to write them as BSON.
 */
export async function writeIn(
  session: ClientSession,
  writes: readonly ResultWrite[],
  { client, documents, place }: OpenedCollection,
): Promise<void> {
  const bytes = writes.reduce((sum, write) => sum + write.bytes, 0);
  if (bytes >= MAX_BYTES || writes.some(({ replaces }) => replaces)) {
    await documents.bulkWrite(writes.map(operationOf), { session });
    return;
  }
  const command = { insert: place.collection, documents: writes.map(({ document }) => document) };
  const { writeErrors = [] } = await client.db(place.database).command(command, { session });
  const [refused] = writeErrors as Document[];
  if (refused !== undefined) throw writeError(refused);
}

/** The operation that writes a result. */
export function operationOf(write: ResultWrite): AnyBulkWriteOperation<Document> {
  // A copy, because the driver adds an `_id`.
  return write.replaces ? replace(write) : { insertOne: { document: { ...write.document } } };
}

/** The write that puts a result in the place of its own. The unique index refuses it where the place is another row's. */
function replace({ record, document }: ResultWrite): AnyBulkWriteOperation<Document> {
  const { query_id, source_id, batch_id } = document;
  const own = [
    { source_id: { $in: [source_id, null] } },
    ...(isKeyless(record) ? [{ batch_id: { $ne: batch_id } }] : []),
  ];
  return { replaceOne: { filter: { query_id, $or: own } as Filter<Document>, replacement: document, upsert: true } };
}
