import type { Document, Filter, FindCursor, FindOptions, Sort } from 'mongodb';
import { AppError } from '../../../base/errors.ts';
import type { HeldRow, SourceRow } from '../../row-source.ts';
import type { Claims, KeyedDocument } from '../claims/claims.ts';
import { attemptsBelow, claimable, claimedBy } from '../claims/lease.ts';
import type { OpenedCollection } from '../connection/collection.ts';
import { cellsOf } from '../documents/document-cells.ts';
import { keyOf } from '../documents/document-key.ts';

/** How many pages further a batch reads at most that meets another one. */
const SPREAD_PAGES = 8;

/** The options of {@link claimRows}. */
interface ClaimOptions {
  signal: AbortSignal | undefined;
  more: () => Promise<boolean>;
  random?: () => number;
}

/** What is read of a collection. */
export interface Selection {
  filter: Filter<Document>;
  sort: Sort;
  projection: Document | undefined;
  columns: readonly string[];
  /** How many documents are claimed together. */
  pageRows: number;
  maxAttempts: number;
  /** At most this many rows. */
  limit: number;
}

/** The documents that a batch may claim, or those that a look shows. */
export function candidates({ filter, maxAttempts }: Selection, owner: string | undefined): Filter<Document> {
  return { $and: [filter, claimable(owner), attemptsBelow(maxAttempts)] };
}

/** The rows of a collection that are free, without claims. */
export async function* lookAtRows(
  collection: OpenedCollection,
  selection: Selection,
  signal: AbortSignal | undefined,
): AsyncGenerator<SourceRow[]> {
  const rows = createRows(selection);
  const cursor = find(collection, selection, candidates(selection, undefined)).limit(finite(selection.limit));
  for await (const page of pagesOf(cursor, selection.pageRows, { collection, signal })) yield rows(keyed(page));
}

/**
 * The rows of a collection, claimed page by page for a batch: first those that it has already, then free ones, until
 * none is left. A batch that lost most of a page to another one reads on at a random place a few pages further, so that
 * none of them only follows the others.
 * @param more waits for more documents; resolves to whether there may be any
 */
export async function* claimRows(
  claims: Claims,
  selection: Selection,
  { signal, more, random = Math.random }: ClaimOptions,
): AsyncGenerator<SourceRow[]> {
  const { collection, owner } = claims;
  const { pageRows, limit, maxAttempts } = selection;
  const rows = createRows(selection);
  const own = find(collection, selection, claimedBy(owner));
  for await (const page of pagesOf(own, pageRows, { collection, signal })) {
    const read = rows(keyed(page));
    await claims.hold(read);
    yield read;
  }
  const had = { 'rowmill.owner': owner };
  let left = limit;
  if (Number.isFinite(limit))
    left -= await collection.patiently(() => collection.documents.countDocuments(had), signal);
  let skipped = 0;
  while (left > 0) {
    let found = 0;
    let isContended = false;
    const free = find(collection, selection, candidates(selection, owner), claims.bytes);
    for await (const page of pagesOf(free.skip(skipped), pageRows, { collection, signal })) {
      found += page.length;
      const wanted = page.slice(0, left) as unknown as Uint8Array[];
      const claimed = await claims.claim(wanted, maxAttempts, signal);
      left -= claimed.length;
      if (claimed.length > 0) yield rows(claimed);
      if (left <= 0) return;
      isContended = claimed.length < wanted.length / 2;
      if (isContended) break;
    }
    if (found === 0 && skipped === 0 && !(await more())) return;
    skipped = isContended ? pageRows * Math.floor(random() * SPREAD_PAGES) : 0;
  }
}

function find(
  { documents }: OpenedCollection,
  { sort, projection, pageRows }: Selection,
  filter: Filter<Document>,
  options: FindOptions = { ...(projection && { projection }) },
): FindCursor<Document> {
  return documents.find(filter, { sort, batchSize: pageRows, ...options });
}

/** The documents of a cursor in pages. A cursor that was lost, with its server or by its age, is opened again. */
async function* pagesOf(
  first: FindCursor<Document>,
  pageRows: number,
  { collection, signal }: { collection: OpenedCollection; signal: AbortSignal | undefined },
): AsyncGenerator<Document[]> {
  let cursor = first;
  try {
    while (true) {
      checkAborted(signal, collection);
      const page: Document[] = [];
      await collection.patiently(async () => {
        try {
          while (page.length < pageRows) {
            const document = await cursor.next();
            if (document === null) return;
            // The others of the same answer are there: each call of `next` costs as much as reading a document.
            page.push(document, ...cursor.readBufferedDocuments(pageRows - page.length - 1));
          }
        } catch (thrown) {
          // Documents that were read already are claimed by now, or they are found again.
          page.length = 0;
          cursor = cursor.clone();
          if (!isLostCursor(thrown)) throw thrown;
          const document = await cursor.next();
          if (document !== null) page.push(document);
        }
      }, signal);
      if (page.length === 0) return;
      yield page;
    }
  } finally {
    await cursor.close().catch(() => undefined);
  }
}

function isLostCursor(thrown: unknown): boolean {
  const { code } = thrown as { code?: unknown };
  // CursorNotFound, CursorKilled.
  return code === 43 || code === 237;
}

function checkAborted(signal: AbortSignal | undefined, { place }: OpenedCollection): void {
  if (signal?.aborted === true) throw new AppError('aborted', `Reading ${place.uri} was cancelled.`);
}

function keyed(documents: readonly Document[]): KeyedDocument[] {
  return documents.map((document) => ({ key: keyOf(document), document }));
}

/** Makes rows of documents, numbered from 1. */
function createRows({ columns }: Selection): (documents: readonly KeyedDocument[]) => (SourceRow & HeldRow)[] {
  let line = 0;
  return (documents) =>
    documents.map(({ key, document }) => {
      line += 1;
      return { kind: 'record', line, key, cells: cellsOf(document, columns) };
    });
}

/** Zero means no limit to a cursor. */
function finite(limit: number): number {
  return Number.isFinite(limit) ? limit : 0;
}
