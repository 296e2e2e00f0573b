import { AppError } from '../../../base/errors.ts';
import type { OpenedCollection } from '../connection/collection.ts';
import type { CollectionPlace } from '../connection/collection-uri.ts';
import { isDuplicate, mongoError } from '../connection/mongo-error.ts';

/** The index by which each query has one result. */
const KEY = { query_id: 1 } as const;
/** Codes of a server on which another index has the name, or the fields. */
const CONFLICT = new Set<unknown>([85, 86]);
/** How long the search for repeated ids may take, in milliseconds. In a larger collection, repeated ids are reported when the batch starts. */
const SEARCH_MS = 2_000;

/**
 * Makes the unique index of `query_id`, if the collection has none.
 * @throws AppError `output_failed` for a collection in which it can't be made
 */
export async function ensureUnique({ documents, place, patiently }: OpenedCollection): Promise<void> {
  try {
    await patiently(() => documents.createIndex(KEY, { unique: true }));
  } catch (thrown) {
    const cause = thrown instanceof AppError ? thrown.cause : thrown;
    const { code } = cause as { code?: unknown };
    if (isDuplicate(cause)) throw repeated(place, cause);
    if (CONFLICT.has(code)) throw notUnique(place, cause);
    throw mongoError(thrown, place.uri);
  }
}

/**
 * Checks, without a change, that {@link ensureUnique} will succeed.
 * @throws AppError `output_failed`
 */
export async function checkUnique({ documents, place }: OpenedCollection): Promise<void> {
  const indexes = await documents.indexes().catch((thrown: unknown) => {
    // NamespaceNotFound: the collection is made with its first result.
    if ((thrown as { code?: unknown }).code === 26) return [];
    throw mongoError(thrown, place.uri);
  });
  const own = indexes.find(({ key }) => JSON.stringify(key) === JSON.stringify(KEY));
  if (own?.unique === true) return;
  if (own !== undefined) throw notUnique(place);
  const pipeline = [{ $group: { _id: '$query_id', n: { $sum: 1 } } }, { $match: { n: { $gt: 1 } } }, { $limit: 1 }];
  const found = await documents
    .aggregate(pipeline, { maxTimeMS: SEARCH_MS, allowDiskUse: true })
    .toArray()
    .catch((thrown: unknown) => {
      // MaxTimeMSExpired.
      if ((thrown as { code?: unknown }).code === 50) return [];
      throw mongoError(thrown, place.uri);
    });
  if (found.length > 0) throw repeated(place);
}

function repeated({ uri }: CollectionPlace, cause?: unknown): AppError {
  const fix = 'give each document a query_id of its own, or name another collection';
  return new AppError('output_failed', `${uri} has several documents of one query_id, or without one: ${fix}.`, {
    cause,
  });
}

function notUnique({ uri }: CollectionPlace, cause?: unknown): AppError {
  const fix = 'drop it, so that a unique one is made, or name another collection';
  return new AppError('output_failed', `${uri} has an index of query_id that is not unique: ${fix}.`, { cause });
}
