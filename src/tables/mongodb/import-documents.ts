import type { Document, MongoBulkWriteError, WriteError } from 'mongodb';
import { systemClock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import { type OpenedCollection, openCollection } from './connection/collection.ts';
import { parseCollectionUri } from './connection/collection-uri.ts';
import { createConnections } from './connection/connections.ts';
import { bson } from './connection/driver.ts';
import { isDuplicate, mongoError } from './connection/mongo-error.ts';
import { toBson } from './documents/to-bson.ts';
import { ensureUnique } from './results/unique-index.ts';

/** Documents that are sent together. */
const PORTION = 500;
/** The collection where none is named. */
const COLLECTION = 'conversation_set';
/** The server and the database where none is named. */
const [LOCAL, DATABASE] = ['mongodb://127.0.0.1:27017', 'test'];

/** What an import did. */
export interface Imported {
  /** The collection, without credentials. */
  uri: string;
  inserted: number;
  /** Documents whose `query_id` (or `_id`) was there already: they are left as they are. */
  existing: number;
}

/** Where documents are imported to. */
export interface ImportTarget {
  /** A collection; without it `conversation_set` in the database of `serverUri`, else in `test`. */
  uri: string | undefined;
  /** `ROWMILL_MONGODB_URI`. */
  serverUri: string | undefined;
  log: Log;
}

/**
 * Puts documents into a collection, each once by its `query_id`, of which it makes a unique index. Repeated, it adds
 * those that are missing.
 * @param documents in MongoDB's extended JSON; a name with dots leads into subdocuments
 * @throws AppError `input_invalid` for a document without `query_id`: those before it are imported
 */
export async function importDocuments(
  documents: AsyncIterable<JsonObject> | Iterable<JsonObject>,
  { uri, serverUri, log }: ImportTarget,
): Promise<Imported> {
  const place = parseCollectionUri(uri ?? defaultCollection(serverUri));
  const connections = createConnections(serverUri);
  const imported: Imported = { uri: place.uri, inserted: 0, existing: 0 };
  try {
    const collection = openCollection(await connections.open(place), place, { clock: systemClock, log });
    await ensureUnique(collection);
    let portion: Document[] = [];
    const send = async () => {
      const inserted = portion.length === 0 ? 0 : await insertMissing(portion, collection);
      imported.inserted += inserted;
      imported.existing += portion.length - inserted;
      portion = [];
    };
    let number = 0;
    for await (const given of documents) {
      number += 1;
      const document = toDocument(given);
      if (document['query_id'] === undefined || document['query_id'] === '') {
        await send();
        const fix = 'give each document a query_id of its own, by which it is imported once';
        throw new AppError('input_invalid', `Document ${number} has no query_id: ${fix}.`);
      }
      portion.push(document);
      if (portion.length === PORTION) await send();
    }
    await send();
    return imported;
  } catch (thrown) {
    throw mongoError(thrown, place.uri);
  } finally {
    await connections.close();
  }
}

/** The collection of an import that names none. */
function defaultCollection(serverUri: string | undefined): string {
  const [, server = LOCAL, database] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/([^?]*))?/i.exec(serverUri ?? '') ?? [];
  return `${server.replace(/\/\/.*@/, '//')}/${database || DATABASE}/${COLLECTION}`;
}

/** The number of those documents that were not there; the unique index refuses the others. */
async function insertMissing(documents: Document[], { documents: place, patiently }: OpenedCollection) {
  try {
    return (await patiently(() => place.insertMany(documents, { ordered: false }))).insertedCount;
  } catch (thrown) {
    const fault = (thrown instanceof AppError ? thrown.cause : thrown) as Partial<MongoBulkWriteError>;
    const errors = [fault.writeErrors ?? []].flat() as WriteError[];
    if (errors.length === 0 || !errors.every(isDuplicate)) throw thrown;
    return documents.length - errors.length;
  }
}

/** A document of extended JSON, with every digit of a long number. An empty cell is a field that is missing. */
function toDocument(given: JsonObject): Document {
  const nested: JsonObject = {};
  for (const [path, value] of Object.entries(given)) {
    if (value === null) continue;
    const names = path.split('.');
    const last = names.pop() ?? path;
    let parent = nested;
    for (const name of names) {
      const child = parent[name];
      const isObject = typeof child === 'object' && child !== null && !Array.isArray(child);
      const next: JsonObject = isObject ? (child as JsonObject) : {};
      parent[name] = next;
      parent = next;
    }
    parent[last] = value;
  }
  const { EJSON } = bson();
  return EJSON.deserialize(EJSON.serialize(toBson(nested), { relaxed: false }), { relaxed: false }) as Document;
}
