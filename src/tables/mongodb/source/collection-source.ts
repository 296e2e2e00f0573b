import type { Document } from 'mongodb';
import type { Clock } from '../../../base/clock.ts';
import { AppError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import type { Reading } from '../../reading.ts';
import type { LiveSource, TableWarning } from '../../row-source.ts';
import { type Claims, createClaims } from '../claims/claims.ts';
import { claimedBy } from '../claims/lease.ts';
import { checkExists, type OpenedCollection } from '../connection/collection.ts';
import { mongoError } from '../connection/mongo-error.ts';
import { checkRights } from '../connection/rights.ts';
import { pathsOf } from '../documents/document-cells.ts';
import { checkCollectionReading, filterOf, projectionOf, sortOf } from '../documents/query.ts';
import { candidates, claimRows, lookAtRows, type Selection } from './read-pages.ts';
import { createWatch, type Watch } from './watch.ts';

/** The documents whose fields are the columns, unless the fields are given. */
const SAMPLE = 100;
/** How long a count may take, in milliseconds; without one the number of rows is unknown. */
const COUNT_MS = 10_000;

/** What a source is opened with, beside its collection. */
export interface SourceParts {
  reading: Reading;
  defaults: { pageRows: number; maxAttempts: number; leaseMs: number };
  batchId: string | undefined;
  clock: Clock;
  log: Log;
}

/** A collection as a live source, and its claims where a batch opened it. */
export interface OpenedSource {
  source: LiveSource;
  claims: Claims | undefined;
}

/** Opens a collection. Without a batch nothing is written to it. */
export async function openCollectionSource(collection: OpenedCollection, parts: SourceParts): Promise<OpenedSource> {
  const { reading, defaults, batchId, clock, log } = parts;
  const { place } = collection;
  checkCollectionReading(reading, place.uri);
  if (place.field !== undefined) {
    throw new AppError(
      'uri_invalid',
      `${place.uri} names a field, which only an output may have: leave out #${place.field}.`,
    );
  }
  await checkExists(collection);
  try {
    const filter = filterOf(reading);
    const columns = reading.columns ?? (await sampleColumns(collection, { filter, sort: sortOf(reading) }));
    const selection: Selection = {
      ...{ filter, sort: sortOf(reading), columns, projection: projectionOf(columns) },
      pageRows: reading.batchSize ?? defaults.pageRows,
      maxAttempts: reading.maxAttempts ?? defaults.maxAttempts,
      limit: reading.limit ?? Number.POSITIVE_INFINITY,
    };
    const total = await count(collection, selection);
    const warnings = await leftRows(collection, selection);
    if (batchId !== undefined) await indexClaims(collection, log);
    const { projection } = selection;
    const { leaseMs } = defaults;
    const claims =
      batchId === undefined
        ? undefined
        : createClaims(collection, { owner: batchId, columns, projection, leaseMs, clock, log });
    let watch: Watch | undefined;
    const source: LiveSource = {
      uri: place.uri,
      format: { name: 'mongodb', title: 'MongoDB collection', compression: 'none', hasHeader: false },
      loads: 'while-running',
      sizeBytes: undefined,
      total: reading.watch === true && claims !== undefined ? null : total,
      columns: () => [...columns],
      readAs: () => ({ ...reading, columns }),
      warnings: () => warnings,
      rows(signal) {
        if (claims === undefined) return lookAtRows(collection, selection, signal);
        if (reading.watch === true) watch = createWatch(collection, { clock, log, signal });
        return claimRows(claims, selection, { signal, more: watch?.next ?? (async () => false) });
      },
      ...(claims !== undefined && {
        hold: claims.hold,
        ack: claims.ack,
        nack: claims.nack,
      }),
      checkClaims: () => checkRights(collection, ['find', 'update']),
      close: async () => {
        claims?.close();
        await watch?.close();
      },
    };
    return { source, claims };
  } catch (thrown) {
    throw refusedQuery(thrown, reading, place.uri) ?? mongoError(thrown, place.uri);
  }
}

/** Codes of a server that does not understand a query: BadValue, FailedToParse, and others of operators and types. */
const NOT_UNDERSTOOD = new Set<unknown>([2, 9, 14, 51091, 40415]);

/** A fault of the filter or the order that a person gave. */
function refusedQuery(thrown: unknown, { filter, sort }: Reading, uri: string): AppError | undefined {
  const { code, message = '' } = thrown as { code?: unknown; message?: string };
  const given = [...(filter === undefined ? [] : ['--filter (reading.filter)'])];
  if (sort !== undefined) given.push('--sort (reading.sort)');
  if (given.length === 0 || !NOT_UNDERSTOOD.has(code)) return undefined;
  const text = `${given.join(' or ')} is not understood by the server of ${uri}: ${message.replace(/\.+$/, '')}.`;
  return new AppError('invalid_arguments', text, { cause: thrown });
}

/** The fields of the first rows; of any documents where no row is left. */
async function sampleColumns(
  { documents }: OpenedCollection,
  { filter, sort }: Pick<Selection, 'filter' | 'sort'>,
): Promise<string[]> {
  const first = (which: Document) => documents.find(which, { sort, limit: SAMPLE }).toArray();
  const open = await first({ $and: [filter, { processed: { $ne: true } }] });
  const columns = pathsOf(open.length > 0 ? open : await first({}));
  // Also of an empty collection, so that a batch can wait for its first document.
  return columns.length > 0 ? columns : ['_id'];
}

async function count({ documents }: OpenedCollection, selection: Selection): Promise<number | null> {
  try {
    const total = await documents.countDocuments(candidates(selection, undefined), { maxTimeMS: COUNT_MS });
    return Math.min(total, selection.limit);
  } catch (thrown) {
    // MaxTimeMSExpired: the number is not known before the rows are read.
    if ((thrown as { code?: unknown }).code === 50) return null;
    throw thrown;
  }
}

/** A warning that counts the documents that were claimed too often. */
async function leftRows({ documents }: OpenedCollection, { filter, maxAttempts }: Selection): Promise<TableWarning[]> {
  const used = { processed: { $ne: true }, processing_attempts: { $gte: maxAttempts } };
  const left = await documents.countDocuments({ $and: [filter, used] });
  if (left === 0) return [];
  const what = left === 1 ? '1 document was' : `${left} documents were`;
  const message = `${what} claimed ${maxAttempts} times or more without success and are left. To run them, raise --max-attempts (reading.max_attempts).`;
  return [{ code: 'attempts_used_up', message, count: left }];
}

/** The index by which claims are renewed. A user who may not make one works without it. */
async function indexClaims({ documents, place }: OpenedCollection, log: Log): Promise<void> {
  const keys = Object.fromEntries(Object.keys(claimedBy('')).map((path): [string, 1] => [path, 1]));
  await documents.createIndex(keys, { sparse: true }).catch((fault: unknown) => {
    log.warn({ uri: place.uri, err: fault }, 'the index of the claims could not be made; they are found without it');
  });
}
