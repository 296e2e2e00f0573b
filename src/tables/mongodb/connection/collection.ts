import type { Collection, Document, MongoClient } from 'mongodb';
import type { Clock } from '../../../base/clock.ts';
import { AppError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import type { CollectionPlace } from './collection-uri.ts';
import { isConnectionError, mongoError } from './mongo-error.ts';

/** How long an operation is tried again while its server can't be reached, in milliseconds. */
const PATIENCE_MS = 90_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

/** A collection with its client. */
export interface OpenedCollection {
  place: CollectionPlace;
  client: MongoClient;
  documents: Collection<Document>;
  /**
   * Runs an operation, and repeats it while the server can't be reached: after a failover it finds the new primary.
   * Contract of `work`: it may be repeated although it was carried out.
   * @throws AppError that names the collection
   */
  patiently<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** Opens the collection of a client. */
export function openCollection(
  client: MongoClient,
  place: CollectionPlace,
  { clock, log }: { clock: Clock; log: Log },
): OpenedCollection {
  return {
    place,
    client,
    documents: client.db(place.database).collection(place.collection),
    async patiently(work, signal) {
      const until = clock.monotonic() + PATIENCE_MS;
      for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
        try {
          return await work();
        } catch (thrown) {
          const error = mongoError(thrown, place.uri);
          if (!isConnectionError(thrown) || clock.monotonic() > until) throw error;
          log.warn({ uri: place.uri, waitMs }, 'the database was not reached; it will be tried again');
          await clock.sleep(waitMs, signal);
        }
      }
    },
  };
}

/** @throws AppError `file_not_found` for a collection that does not exist, and what connecting throws */
export async function checkExists({ client, place }: OpenedCollection): Promise<void> {
  try {
    const found = client
      .db(place.database)
      .listCollections({ name: place.collection }, { nameOnly: true, authorizedCollections: true });
    if ((await found.toArray()).length > 0) return;
  } catch (thrown) {
    throw mongoError(thrown, place.uri);
  }
  const fix = `check the names of the database (${place.database}) and the collection`;
  throw new AppError('file_not_found', `There is no collection ${place.uri}: ${fix}.`);
}

/** Whether the server has transactions: a replica set or a sharded cluster. */
export async function hasTransactions({ client, patiently }: OpenedCollection): Promise<boolean> {
  const hello = await patiently(() => client.db('admin').command({ hello: 1 }));
  return hello['setName'] !== undefined || hello['msg'] === 'isdbgrid';
}
