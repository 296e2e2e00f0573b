import { AppError } from '../../src/base/errors.ts';
import type { Cell } from '../../src/tables/cell.ts';
import type { LocationKind } from '../../src/tables/locations/location-kind.ts';
import type { EndedRow, LiveSource, Refusal, SourceRow } from '../../src/tables/row-source.ts';
import type { OutputRecord, RecordsWriter } from '../../src/tables/row-writer.ts';

/** A document of a collection, and the batch that has it. */
interface Document {
  key: string;
  cells: Cell[];
  /** The batch that took it. */
  takenBy: string | null;
  isDone: boolean;
}

/** A collection of documents: a live source and a destination of records. It keeps its calls for tests. */
export interface MemoryCollection {
  columns: string[];
  documents: Document[];
  /** By key. */
  records: Map<string, OutputRecord>;
  /** The keys of every write, in order. */
  writes: string[][];
  acks: EndedRow[][];
  nacks: { rows: readonly string[] | 'rest'; reason: string }[];
  /** How many pages were fetched. */
  fetches: number;
  pageRows: number;
  /** The value of `total`. */
  total: number | null;
  /** While true, reading waits at the end for more documents; `end` makes it false. */
  isOpen: boolean;
  /** Readers that wait for documents. */
  waiting: Set<() => void>;
  /** Errors of rows that their batch no longer has, and of records that are not written, by key. */
  lost: Map<string, Refusal['error']>;
  refused: Map<string, Refusal['error']>;
  /** Called before records are written; the write rejects with its error. */
  beforeWrite: ((records: readonly OutputRecord[]) => void | Promise<void>) | undefined;
  put(keys: readonly string[]): void;
  end(): void;
}

/** Collections in memory under `memory://NAME`, which outlive batches and runners, as a database does. */
export interface MemoryRecords {
  kind: LocationKind;
  collection(name: string): MemoryCollection;
}

/** Makes the place; collections are empty and made when they are first named. */
export function createMemoryRecords(): MemoryRecords {
  const collections = new Map<string, MemoryCollection>();
  const collection = (name: string): MemoryCollection => {
    const found = collections.get(name) ?? newCollection();
    collections.set(name, found);
    return found;
  };
  const named = (uri: string) => collection(uri.slice('memory://'.length));
  const kind: LocationKind = {
    schemes: ['memory'],
    example: 'memory://collection',
    credentials: 'set MEMORY_URI to the whole URI',
    writes: 'records',
    absolute: (uri) => uri,
    openSource: async ({ uri }, { batchId }) => {
      if (!collections.has(uri.slice('memory://'.length))) {
        throw new AppError('file_not_found', `There is no collection ${uri}.`);
      }
      return openCollection(uri, named(uri), batchId);
    },
    readPlaces: async ({ uri }) => [{ identity: uri, name: 'collection' }],
    openWriter: async ({ uri }) => openRecords(uri, named(uri)),
    readBytes: async ({ uri }) => {
      throw new Error(`${uri} holds records, not files`);
    },
    checkWriter: async ({ uri }, { taken }) => {
      if (taken.has(uri)) throw new AppError('output_is_source', `${uri} is the source.`);
    },
    close: async () => undefined,
  };
  return { kind, collection };
}

function newCollection(): MemoryCollection {
  const wake = () => {
    for (const resolve of collection.waiting) resolve();
    collection.waiting.clear();
  };
  const collection: MemoryCollection = {
    columns: ['q'],
    documents: [],
    records: new Map(),
    writes: [],
    acks: [],
    nacks: [],
    fetches: 0,
    pageRows: 10,
    total: null,
    isOpen: false,
    waiting: new Set(),
    lost: new Map(),
    refused: new Map(),
    beforeWrite: undefined,
    put(keys) {
      for (const key of keys) collection.documents.push({ key, cells: [key], takenBy: null, isDone: false });
      wake();
    },
    end() {
      collection.isOpen = false;
      wake();
    },
  };
  return collection;
}

function untilChanged(collection: MemoryCollection, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    collection.waiting.add(resolve);
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

function openCollection(uri: string, collection: MemoryCollection, batchId: string | undefined): LiveSource {
  return {
    uri,
    format: { name: 'memory', title: 'Collection in memory', compression: 'none', hasHeader: false },
    loads: 'while-running',
    sizeBytes: undefined,
    total: collection.total,
    columns: () => [...collection.columns],
    warnings: () => [],
    rows: (signal) => readPages(uri, collection, { batchId, signal }),
    hold: async (rows) => refusals(collection.lost, rows),
    async ack(rows) {
      const keys = rows.map(({ key }) => key);
      collection.acks.push([...rows]);
      for (const one of collection.documents) if (keys.includes(one.key)) one.isDone = true;
      return [];
    },
    async nack(rows, reason) {
      collection.nacks.push({ rows, reason });
      for (const one of collection.documents) {
        const isMeant = rows === 'rest' ? one.takenBy === batchId : rows.includes(one.key);
        if (isMeant && !one.isDone) one.takenBy = null;
      }
    },
    close: async () => undefined,
  };
}

async function* readPages(
  uri: string,
  collection: MemoryCollection,
  { batchId, signal }: { batchId: string | undefined; signal: AbortSignal | undefined },
): AsyncGenerator<SourceRow[]> {
  const given = new Set<string>();
  while (true) {
    if (signal?.aborted) throw new AppError('aborted', `Reading ${uri} was cancelled.`);
    collection.fetches += 1;
    const page = collection.documents
      .filter((one) => !one.isDone && !given.has(one.key) && (one.takenBy ?? batchId) === batchId)
      .slice(0, collection.pageRows);
    for (const one of page) {
      given.add(one.key);
      one.takenBy = batchId ?? null;
    }
    const rows = page.map(
      ({ key, cells }): SourceRow => ({
        kind: 'record',
        line: collection.documents.findIndex((one) => one.key === key) + 1,
        key,
        cells,
      }),
    );
    if (rows.length > 0) yield rows;
    else if (!collection.isOpen || batchId === undefined) return;
    else await untilChanged(collection, signal);
  }
}

function refusals(errors: ReadonlyMap<string, Refusal['error']>, rows: readonly { key: string }[]): Refusal[] {
  return rows.flatMap(({ key }) => {
    const error = errors.get(key);
    return error === undefined ? [] : [{ key, error }];
  });
}

function openRecords(uri: string, collection: MemoryCollection): RecordsWriter {
  return {
    kind: 'records',
    uri,
    async write(records) {
      await collection.beforeWrite?.(records);
      collection.writes.push(records.map(({ key }) => key));
      const refused = refusals(collection.refused, records);
      const isIn = ({ key }: { key: string }) => !collection.refused.has(key);
      for (const record of records.filter(isIn)) collection.records.set(record.key, record);
      return refused;
    },
    close: async () => undefined,
  };
}
