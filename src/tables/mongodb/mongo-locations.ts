import type { MongoClient } from 'mongodb';
import { type Clock, systemClock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Asked, LocationKind } from '../locations/location-kind.ts';
import type { Claims } from './claims/claims.ts';
import { LEASE_MS } from './claims/lease.ts';
import { checkExists, type OpenedCollection, openCollection } from './connection/collection.ts';
import { type CollectionPlace, parseCollectionUri } from './connection/collection-uri.ts';
import { createConnections } from './connection/connections.ts';
import { mongoError } from './connection/mongo-error.ts';
import { checkRights } from './connection/rights.ts';
import { checkUnique } from './results/unique-index.ts';

/** The parts of {@link createMongoLocations}; the numbers are for tests. */
export interface MongoParts {
  /** `ROWMILL_MONGODB_URI`. */
  serverUri: string | undefined;
  log: Log;
  clock?: Clock;
  leaseMs?: number;
  /** Rows that are claimed together, and claims of a row at most, unless the options say so. */
  pageRows?: number;
  maxAttempts?: number;
  /** Called with each client. */
  onClient?: (client: MongoClient) => void;
}

/** Collections of MongoDB, by `mongodb://host/database/collection`: their documents are rows, and results are records. */
export function createMongoLocations(parts: MongoParts): LocationKind {
  const { log, clock = systemClock, leaseMs = LEASE_MS, pageRows = 100, maxAttempts = 5 } = parts;
  const connections = createConnections(parts.serverUri, parts.onClient);
  /** The claims of the batches that run in this process, so that their writer can acknowledge rows as it writes them. */
  const claims = new Map<string, Claims>();

  async function open({ uri }: Pick<Asked, 'uri'>): Promise<OpenedCollection> {
    const place = parseCollectionUri(uri);
    try {
      return openCollection(await connections.open(place), place, { clock, log });
    } catch (thrown) {
      throw mongoError(thrown, place.uri);
    }
  }

  return {
    schemes: ['mongodb', 'mongodb+srv'],
    example: 'mongodb://host/database/collection',
    credentials: 'set ROWMILL_MONGODB_URI to the URI of the server with its credentials',
    writes: 'records',
    absolute: (uri) => parseCollectionUri(uri).uri,
    async openSource(asked, { batchId, reading = {} }) {
      const collection = await open(asked);
      const { openCollectionSource } = await import('./source/collection-source.ts');
      const defaults = { pageRows, maxAttempts, leaseMs };
      const opened = await openCollectionSource(collection, { reading, defaults, batchId, clock, log });
      const own = opened.claims;
      if (own === undefined) return opened.source;
      claims.set(own.owner, own);
      return {
        ...opened.source,
        close: async () => {
          if (claims.get(own.owner) === own) claims.delete(own.owner);
          await opened.source.close();
        },
      };
    },
    readPlaces: async ({ uri }) => {
      const { identity, collection } = parseCollectionUri(uri);
      return [{ identity, name: collection }];
    },
    async openWriter(asked) {
      const collection = await open(asked);
      const { openResultsWriter } = await import('./results/results-writer.ts');
      const { openWriteBack } = await import('./results/write-back.ts');
      const claimsOf = (batchId: string) => claims.get(batchId);
      return collection.place.field === undefined
        ? openResultsWriter(collection, claimsOf)
        : openWriteBack(collection, claimsOf);
    },
    async checkWriter(asked, { taken }) {
      const place = parseCollectionUri(asked.uri);
      checkTaken(place, taken);
      const collection = await open(asked);
      // The collection of results is made with its first result; a field is set in documents that exist.
      if (place.field !== undefined) {
        await checkExists(collection);
        return checkRights(collection, ['find', 'update']);
      }
      await checkRights(collection, ['find', 'insert', 'update', 'createIndex']);
      await checkUnique(collection);
    },
    readBytes: async ({ uri }) => {
      throw new AppError('uri_invalid', `${uri} is a collection, not a file.`);
    },
    close: () => connections.close(),
  };
}

/** @throws AppError `output_is_source` for the source itself without a field; `uri_invalid` for a field of another one */
function checkTaken({ uri, identity, field }: CollectionPlace, taken: ReadonlySet<string>): void {
  if (field === undefined && taken.has(identity)) {
    const fix = `name another collection, or add #FIELD to set the answer in a field of its documents`;
    throw new AppError('output_is_source', `The output ${uri} is the source: ${fix}.`);
  }
  if (field !== undefined && taken.size > 0 && !taken.has(identity)) {
    throw new AppError('uri_invalid', `${uri} sets a field in the documents of the source, and it is not the source.`);
  }
}
