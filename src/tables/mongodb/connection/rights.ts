import type { Document } from 'mongodb';
import { AppError } from '../../../base/errors.ts';
import type { OpenedCollection } from './collection.ts';
import type { CollectionPlace } from './collection-uri.ts';
import { bson } from './driver.ts';
import { mongoError } from './mongo-error.ts';

/** What a batch does with a collection, by the names that a server has for it. */
export type Right = 'find' | 'insert' | 'update' | 'createIndex';

/** A privilege of a user, as `connectionStatus` reports it. */
interface Privilege {
  resource: { db?: string; collection?: string; anyResource?: boolean };
  actions: string[];
}

/**
 * Checks, before any money is spent, that the user of the connection may do something with a collection. The server says
 * what a user may do; and an update that finds no document shows what it does not say, such as a view.
 * @throws AppError `location_denied`
 */
export async function checkRights(collection: OpenedCollection, rights: readonly Right[]): Promise<void> {
  const { client, place, documents } = collection;
  const privileges = await privilegesOf(collection);
  const missing = rights.filter((right) => privileges?.some((one) => allows(one, place, right)) === false);
  if (missing.length > 0) throw denied(place, missing);
  if (!rights.includes('update')) return;
  const found = await client
    .db(place.database)
    .listCollections({ name: place.collection }, { nameOnly: true, authorizedCollections: true })
    .toArray()
    .catch((thrown: unknown) => {
      throw mongoError(thrown, place.uri);
    });
  if (found.length === 0) return;
  if (found[0]?.type === 'view')
    throw new AppError(
      'location_denied',
      `${place.uri} is a view, which has no documents of its own: name the collection behind it.`,
    );
  const none = { _id: new (bson().ObjectId)() };
  await documents.updateMany(none, { $set: { processed: true } }).catch((thrown: unknown) => {
    const { code } = thrown as { code?: unknown };
    throw code === UNAUTHORIZED ? denied(place, ['update'], thrown) : mongoError(thrown, place.uri);
  });
}

const UNAUTHORIZED = 13;

/** The privileges of the connection's user; undefined where there is no user, or the server does not say. */
async function privilegesOf({ client, patiently }: OpenedCollection): Promise<Privilege[] | undefined> {
  const asked = () => client.db('admin').command({ connectionStatus: 1, showPrivileges: true });
  const status = await patiently(asked).catch((thrown: unknown): Document => {
    // A server without this command has other ways to say no.
    if (thrown instanceof AppError && thrown.retryable) throw thrown;
    return {};
  });
  const { authenticatedUsers: users = [], authenticatedUserPrivileges: found } = (status['authInfo'] ?? {}) as {
    authenticatedUsers?: unknown[];
    authenticatedUserPrivileges?: Privilege[];
  };
  return users.length === 0 ? undefined : found;
}

function allows({ resource, actions }: Privilege, place: CollectionPlace, right: Right): boolean {
  if (!actions.includes(right) && !actions.includes('anyAction')) return false;
  if (resource.anyResource === true) return true;
  const { db, collection } = resource;
  if (db === undefined || collection === undefined) return false;
  return (db === '' || db === place.database) && (collection === '' || collection === place.collection);
}

function denied({ uri, database }: CollectionPlace, rights: readonly Right[], cause?: unknown): AppError {
  const fix = `grant it the role readWrite on the database ${database}, or set another user in ROWMILL_MONGODB_URI`;
  const what = rights.join(', ');
  return new AppError('location_denied', `The database user has no right to ${what} in ${uri}: ${fix}.`, { cause });
}
