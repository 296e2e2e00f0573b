import type { ClientSession, Document, FindOptions } from 'mongodb';
import type { Clock } from '../../../base/clock.ts';
import type { Log } from '../../../base/log.ts';
import type { EndedRow, HeldRow, Refusal } from '../../row-source.ts';
import type { OpenedCollection } from '../connection/collection.ts';
import { idOf, keyOf } from '../documents/document-key.ts';
import { judge, unchanged } from './judge.ts';
import {
  attemptsBelow,
  claimable,
  claimableAgain,
  claimedBy,
  claimUpdate,
  DONE_FIELDS,
  FAILED_UPDATE,
  releaseUpdate,
  renewUpdate,
} from './lease.ts';
import { createSeenDocuments, documentOf } from './seen-documents.ts';

/** A document and the key of its row. */
export interface KeyedDocument {
  key: string;
  document: Document;
}

/** The claims of a batch on the documents of a collection. */
export interface Claims {
  owner: string;
  collection: OpenedCollection;
  columns: readonly string[];
  /** How a document is read to judge it. */
  reading: { projection?: Document };
  /** Documents as they are now, by key. */
  read(keys: readonly string[], signal?: AbortSignal): Promise<Map<string, Document>>;
  /** How documents are read to be claimed: their bytes, of the columns. */
  bytes: FindOptions;
  /** Claims those of some documents that are free. Resolves to the ones that the batch has then, in the given order. */
  claim(read: readonly Uint8Array[], maxAttempts: number, signal?: AbortSignal): Promise<KeyedDocument[]>;
  /**
   * Documents that the batch has, and that are byte for byte as it claimed them: with their `_id` and their `query_id`
   * alone, by key. A document that is missing may be unchanged all the same.
   */
  same(keys: readonly string[], session: ClientSession): Promise<Map<string, Document>>;
  /** See {@link LiveSource.hold}. */
  hold(rows: readonly HeldRow[]): Promise<Refusal[]>;
  /** See {@link LiveSource.ack}. */
  ack(rows: readonly EndedRow[]): Promise<Refusal[]>;
  /** See {@link LiveSource.nack}. */
  nack(rows: readonly string[] | 'rest'): Promise<void>;
  /**
   * Runs a write to the claimed documents while no other one runs. A renewal would conflict with a transaction that
   * sets the same documents to processed: one of them would wait, or fail.
   */
  alone<T>(write: () => Promise<T>): Promise<T>;
  /** Notes rows that a writer has acknowledged. */
  settled(keys: readonly string[]): void;
  /** Ends the renewal. Idempotent. */
  close(): void;
}

interface ClaimsOptions {
  owner: string;
  columns: readonly string[];
  projection: Document | undefined;
  leaseMs: number;
  clock: Clock;
  log: Log;
}

/**
 * Starts with no claims. They are renewed all together, three times in their duration, until `close`. Then they last as
 * long as the last renewal says: a batch that is resumed before has them still.
 */
export function createClaims(collection: OpenedCollection, options: ClaimsOptions): Claims {
  const { owner, columns, leaseMs, clock, log } = options;
  const { client, documents, place, patiently } = collection;
  const projection = options.projection && {
    ...options.projection,
    ...(!columns.some(isQueryId) && { query_id: 1 }),
  };
  const reading = projection && { projection: { ...projection, rowmill: 1, processed: 1 } };
  const bytes = { raw: true, ...(projection && { projection }) };
  /** The keys of documents that were claimed or found here, and are not ended. */
  const held = new Set<string>();
  const settled = new Set<string>();
  const seen = createSeenDocuments();
  const end = (key: string) => {
    held.delete(key);
    seen.forget(key);
  };
  /** Until when the claims hold in any case, on the clock of this process. */
  let heldUntil = 0;

  let last: Promise<unknown> = Promise.resolve();
  function alone<T>(write: () => Promise<T>): Promise<T> {
    const done = last.then(write);
    last = done.catch(() => undefined);
    return done;
  }

  async function renew(): Promise<void> {
    const startedAt = clock.monotonic();
    await documents.updateMany(claimedBy(owner), renewUpdate(leaseMs));
    heldUntil = startedAt + leaseMs;
  }
  const timer = setInterval(() => {
    if (held.size === 0) return;
    alone(renew).catch((fault: unknown) =>
      log.warn({ uri: collection.place.uri, err: fault }, 'claims were not renewed'),
    );
  }, leaseMs / 3);
  timer.unref();

  const isSafe = () => clock.monotonic() < heldUntil - leaseMs / 6;
  const read = async (keys: readonly string[], signal?: AbortSignal): Promise<Map<string, Document>> => {
    const filter = { _id: { $in: keys.map(idOf) as never[] } };
    // One answer has all of them.
    const options = { ...reading, batchSize: keys.length + 1 };
    const found = await patiently(() => documents.find(filter, options).toArray(), signal);
    return new Map(found.map((document) => [keyOf(document), document]));
  };

  return {
    owner,
    collection,
    columns,
    reading: reading ?? {},
    read,
    bytes,
    async claim(given, maxAttempts, signal) {
      const wanted = given.map((bytes): KeyedDocument => {
        const document = documentOf(bytes);
        return { key: keyOf(document), document };
      });
      const filter = {
        _id: { $in: wanted.map(({ document }) => document['_id']) },
        $and: [claimable(owner), attemptsBelow(maxAttempts)],
      };
      const startedAt = clock.monotonic();
      const claim = () => documents.updateMany(filter, claimUpdate(owner, leaseMs));
      const { matchedCount } = await alone(() => patiently(claim, signal));
      heldUntil = held.size === 0 ? startedAt + leaseMs : heldUntil;
      if (matchedCount === wanted.length) {
        for (const [at, { key, document }] of wanted.entries()) {
          held.add(key);
          // Without a projection they have the fields of the claim, which it has changed.
          if (projection !== undefined) seen.note(key, given[at] as Uint8Array, document);
        }
        return wanted;
      }
      // Others have some of them, or it was repeated after a lost answer: those that it claimed first are found too.
      const now = await read(
        wanted.map(({ key }) => key),
        signal,
      );
      const claimed = wanted.flatMap(({ key }): KeyedDocument[] => {
        const document = now.get(key);
        const lease = document?.['rowmill'];
        const isOwn = lease?.owner === owner && lease.state === 'claimed';
        return document !== undefined && isOwn ? [{ key, document }] : [];
      });
      for (const { key } of claimed) held.add(key);
      return claimed;
    },
    async same(keys, session) {
      const ids = seen.ids(keys) as never[];
      if (ids.length === 0) return new Map();
      const filter = { _id: { $in: ids }, ...claimedBy(owner), processed: { $ne: true } };
      const find = { find: place.collection, filter, projection, batchSize: ids.length + 1, singleBatch: true };
      // A cursor would take apart each document for its bytes, which takes longer than to compare them.
      const { cursor } = await client.db(place.database).command(find, { session, fieldsAsRaw: { firstBatch: true } });
      return seen.same(cursor.firstBatch as Uint8Array[]);
    },
    async hold(rows) {
      if (rows.length === 0 || (isSafe() && rows.every(({ key }) => held.has(key)))) return [];
      const ids = { _id: { $in: rows.map(({ key }) => idOf(key)) as never[] } };
      await alone(() => patiently(renew));
      const again = { ...ids, $and: [claimableAgain(owner), { $nor: [claimedBy(owner)] }] };
      await alone(() => patiently(() => documents.updateMany(again, claimUpdate(owner, leaseMs))));
      const now = await read(rows.map(({ key }) => key));
      return rows.flatMap((row) => {
        const judgement = judge(now.get(row.key), row, { owner, columns });
        if (judgement.kind === 'own') held.add(row.key);
        return judgement.kind === 'refused' ? [{ key: row.key, error: judgement.error }] : [];
      });
    },
    async ack(rows) {
      const open = rows.filter(({ key }) => !settled.delete(key));
      const failed = open.filter(({ status }) => status === 'failed').map(({ key }) => key);
      const succeeded = open.filter(({ status }) => status === 'succeeded');
      if (failed.length > 0) {
        const filter = { _id: { $in: failed.map(idOf) as never[] }, ...claimedBy(owner) };
        await alone(() => patiently(() => documents.updateMany(filter, FAILED_UPDATE)));
      }
      const refused = succeeded.length === 0 ? [] : await ackSucceeded(succeeded);
      for (const { key } of rows) end(key);
      return refused;
    },
    async nack(rows) {
      const filter =
        rows === 'rest' ? claimedBy(owner) : { _id: { $in: rows.map(idOf) as never[] }, ...claimedBy(owner) };
      await alone(() => patiently(() => documents.updateMany(filter, releaseUpdate())));
      for (const key of rows === 'rest' ? [...held] : rows) end(key);
    },
    alone,
    settled(keys) {
      for (const key of keys) {
        settled.add(key);
        end(key);
      }
    },
    close: () => clearInterval(timer),
  };

  async function ackSucceeded(rows: readonly EndedRow[], isSecond = false): Promise<Refusal[]> {
    const now = await read(rows.map(({ key }) => key));
    const refused: Refusal[] = [];
    const open: EndedRow[] = [];
    for (const row of rows) {
      const judgement = judge(now.get(row.key), row, { owner, columns });
      if (judgement.kind === 'refused') refused.push({ key: row.key, error: judgement.error });
      if (judgement.kind === 'own') open.push(row);
    }
    if (open.length === 0) return refused;
    const updates = open.map(({ key }) => ({
      updateOne: { filter: unchanged(now.get(key) ?? {}, { owner, columns }), update: { $set: DONE_FIELDS } },
    }));
    const { matchedCount } = await alone(() => patiently(() => documents.bulkWrite(updates, { ordered: false })));
    // A document that was changed between the two is judged as it is now.
    if (matchedCount === updates.length || isSecond) return refused;
    return [...refused, ...(await ackSucceeded(open, true))];
  }
}

/** A projection must not name a field and a part of it. */
function isQueryId(path: string): boolean {
  return path === 'query_id' || path.startsWith('query_id.');
}
