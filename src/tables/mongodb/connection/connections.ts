import type { MongoClient } from 'mongodb';
import { withoutCredentials } from '../../../base/addresses/without-credentials.ts';
import { AppError } from '../../../base/errors.ts';
import { requireSdk } from '../../../base/process/require-sdk.ts';
import type { CollectionPlace } from './collection-uri.ts';

/** How long the first connection to a server may take, in milliseconds. */
const SELECTION_MS = 10_000;

/** How long an operation may be without an answer: then its connection is taken for lost, in milliseconds. */
const SILENT_MS = 120_000;

/** The clients of a process, one for each server. */
export interface Connections {
  /** @throws AppError `location_denied` for a server that may not be used, `config_invalid` without the driver */
  open(place: CollectionPlace): Promise<MongoClient>;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens clients late: the driver takes time to load. Credentials are those of `serverUri`, and only for its hosts.
 * @param serverUri `ROWMILL_MONGODB_URI`: the server whose collections may be used. Without it, servers on this machine.
 * @param onClient called with each client, for tests
 */
export function createConnections(
  serverUri: string | undefined,
  onClient?: (client: MongoClient) => void,
): Connections {
  const clients = new Map<string, Promise<MongoClient>>();
  return {
    async open(place) {
      const uri = connectionString(place, serverUri);
      requireSdk('a collection of MongoDB', ['mongodb']);
      const found = clients.get(uri) ?? connect(uri, onClient);
      clients.set(uri, found);
      return found;
    },
    async close() {
      const opened = [...clients.values()];
      clients.clear();
      for (const client of opened) await (await client).close();
    },
  };
}

async function connect(uri: string, onClient?: (client: MongoClient) => void): Promise<MongoClient> {
  const { MongoClient } = await import('mongodb');
  const client = new MongoClient(uri, {
    appName: 'rowmill',
    ...timesWhereUnset(uri),
    writeConcern: { w: 'majority', journal: true },
    readConcern: { level: 'majority' },
    // A collection holds what its owner put there: long integers and decimals keep every digit.
    promoteLongs: false,
    promoteBuffers: false,
    monitorCommands: onClient !== undefined,
  });
  onClient?.(client);
  return client;
}

/** How long to wait, where the URI does not say so: the driver lets an option outrank the URI. */
function timesWhereUnset(uri: string): Record<string, number> {
  const set = new URLSearchParams(uri.split('?')[1]?.toLowerCase());
  const times = { serverSelectionTimeoutMS: SELECTION_MS, socketTimeoutMS: SILENT_MS };
  return Object.fromEntries(Object.entries(times).filter(([name]) => !set.has(name.toLowerCase())));
}

/** Where a client connects to: the credentials of the variable, if the place is on its hosts. */
function connectionString(place: CollectionPlace, serverUri: string | undefined): string {
  if (serverUri === undefined) {
    if (place.scheme === 'mongodb' && place.hosts.every(isLocal))
      return `mongodb://${place.hosts.join(',')}/${query(place)}`;
    const fix = 'Set ROWMILL_MONGODB_URI to the URI of this server, with its credentials if it has any';
    throw new AppError('location_denied', `${place.uri} is not on this machine. ${fix}.`);
  }
  const [, scheme = '', hosts = ''] = /^(mongodb(?:\+srv)?):\/\/(?:[^/?]*@)?([^/?]+)/i.exec(serverUri) ?? [];
  const own = hosts
    .toLowerCase()
    .split(',')
    .map((host) => (scheme.toLowerCase() === 'mongodb+srv' || /:\d+$/.test(host) ? host : `${host}:27017`));
  if (place.hosts.every((host) => own.includes(host))) return serverUri;
  const named = withoutCredentials(serverUri);
  throw new AppError('location_denied', `${place.uri} is not on the server of ROWMILL_MONGODB_URI, which is ${named}.`);
}

function query({ options }: CollectionPlace): string {
  return options === '' ? '' : `?${options}`;
}

function isLocal(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\]):\d+$/.test(host);
}
