import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cell } from '../../src/tables/cell.ts';
import type { EndedRow, HeldRow, LiveSource, RowSource, SourceRow } from '../../src/tables/row-source.ts';
import type { OpenOptions, Tables } from '../../src/tables/table.ts';
import { faultOf } from './tables-place.ts';

/** A location where tables of one kind can be put. */
export interface SourceBench {
  tables: Tables;
  /** The columns of its tables, where there are more than `q`. */
  columns?: string[];
  /** Puts a table with a column `q` there, whose cells are texts; gives its URI. */
  put(name: string, cells: readonly string[]): Promise<string>;
  /** A URI where nothing exists. */
  missing: string;
  close(): Promise<void>;
}

interface Bench {
  columns(): string[];
  put(name: string, count: number): Promise<string>;
  open(uri: string, options?: OpenOptions): Promise<RowSource>;
}

async function allOf(source: RowSource): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  for await (const page of source.rows()) rows.push(...page);
  return rows;
}

const cellsOf = (rows: readonly SourceRow[], at: number) => rows.map(({ cells }): Cell => cells[at] ?? null);
const words = (count: number) => Array.from({ length: count }, (_, index) => `word ${index}`);

/** The contract of every source. */
export function testRowSource(name: string, open: () => Promise<SourceBench>): void {
  describe(`a source on ${name}`, () => {
    let place: SourceBench;
    const bench: Bench = {
      columns: () => place.columns ?? ['q'],
      put: (table, count) => place.put(table, words(count)),
      open: (uri, options) => place.tables.openSource(uri, options),
    };
    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place.close());

    testReading(bench);
    test('reports a place where nothing is, by its name', async () => {
      const fault = await faultOf(place.tables.openSource(place.missing).then(allOf));
      expect(fault.code).toBe('file_not_found');
      expect(fault.message).toContain(place.missing);
    });
  });
}

function testReading({ columns, put, open }: Bench): void {
  test('knows its columns before rows are read, and describes its format', async () => {
    const uri = await put('described', 3);
    const source = await open(uri);
    expect(source.columns()).toEqual(columns());
    expect(source.uri).toBe(uri);
    expect(source.format.name).toMatch(/^[a-z]+$/);
    expect(source.format.title).toMatch(/^[A-Z]/);
    expect([null, 3]).toContain(source.total);
    await source.close();
  });

  test('gives every row once, in order, in pages that are not empty', async () => {
    const source = await open(await put('pages', 1_700));
    const pages: SourceRow[][] = [];
    for await (const page of source.rows()) pages.push(page);
    expect(pages.every(({ length }) => length > 0)).toBe(true);
    expect(pages.length).toBeGreaterThan(1);
    const rows = pages.flat();
    expect(cellsOf(rows, columns().indexOf('q'))).toEqual(words(1_700));
    expect(rows.every(({ line }, index) => index === 0 || line > (rows[index - 1]?.line ?? 0))).toBe(true);
    expect(source.columns()).toEqual(columns());
    await source.close();
  });

  test('may be left early and closed twice, and opened again', async () => {
    const uri = await put('left', 1_200);
    const source = await open(uri);
    for await (const page of source.rows()) {
      expect(page.length).toBeGreaterThan(0);
      break;
    }
    await source.close();
    await source.close();
    const again = await open(uri);
    expect(await allOf(again)).toHaveLength(1_200);
    await again.close();
  });

  test('ends reading with `aborted` once its signal has fired', async () => {
    const source = await open(await put('aborted', 1_200));
    const stop = new AbortController();
    stop.abort();
    const reading = (async () => {
      for await (const page of source.rows(stop.signal)) expect(page.length).toBeGreaterThan(0);
    })();
    expect((await faultOf(reading)).code).toBe('aborted');
    await source.close();
  });

  test('is loaded before its rows run, or has keys and is loaded meanwhile', async () => {
    const source = await open(await put('kind', 30));
    const keys = (await allOf(source)).map(({ key }) => key);
    if (source.loads === 'while-running') expect(new Set(keys).size).toBe(30);
    else expect('ack' in source || 'nack' in source).toBe(false);
    await source.close();
  });
}

const ended = (rows: readonly HeldRow[]): EndedRow[] => rows.map((row) => ({ ...row, status: 'succeeded' }));
const keysIn = (rows: readonly HeldRow[]) => rows.map(({ key }) => key).sort();

/** A location of a live source. Its pages have fewer than 20 rows. */
export interface LiveBench extends SourceBench {
  /** How often rows were fetched from the location, by all sources. */
  fetches(uri: string): number;
}

/** The additional contract of a source that is loaded while its rows run. */
export function testLiveSource(name: string, open: () => Promise<LiveBench>): void {
  describe(`a live source on ${name}`, () => {
    let place: LiveBench;
    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place.close());

    const openFor = async (uri: string, batchId?: string): Promise<LiveSource> => {
      const source = await place.tables.openSource(uri, batchId === undefined ? {} : { batchId });
      if (source.loads !== 'while-running') throw new Error(`${uri} is loaded before its rows run.`);
      return source;
    };
    const rowsOf = async (uri: string, batchId?: string): Promise<HeldRow[]> => {
      const source = await openFor(uri, batchId);
      const rows = await allOf(source);
      await source.close();
      return rows.map(({ key = '', cells }) => ({ key, cells }));
    };

    test('fetches a page only when it is asked for', async () => {
      const uri = await place.put('lazy', words(60));
      const source = await openFor(uri, 'bat_1');
      const before = place.fetches(uri);
      const pages = source.rows()[Symbol.asyncIterator]();
      expect(place.fetches(uri)).toBe(before);
      const page = await pages.next();
      expect(page.value?.length).toBeLessThan(20);
      expect(place.fetches(uri)).toBe(before + 1);
      await pages.return?.();
      await source.close();
    });

    test('gives no row to two batches, and takes none for a look', async () => {
      const uri = await place.put('shared', words(30));
      expect(await rowsOf(uri)).toHaveLength(30);
      expect(await rowsOf(uri, 'bat_1')).toHaveLength(30);
      expect(await rowsOf(uri, 'bat_2')).toEqual([]);
    });

    test('gives rows that are not acknowledged again to the same batch, by the same keys', async () => {
      const uri = await place.put('again', words(30));
      const rows = await rowsOf(uri, 'bat_1');
      const source = await openFor(uri, 'bat_1');
      await source.ack?.(ended(rows.slice(0, 20)));
      await source.ack?.(ended(rows.slice(0, 20)));
      await source.close();
      expect(keysIn(await rowsOf(uri, 'bat_1'))).toEqual(keysIn(rows.slice(20)));
    });

    test('lets others take rows that were given back, and none that has ended', async () => {
      const uri = await place.put('back', words(30));
      const rows = await rowsOf(uri, 'bat_1');
      const source = await openFor(uri, 'bat_1');
      await source.ack?.(ended(rows.slice(0, 10)));
      await source.nack?.(keysIn(rows.slice(5, 15)), 'cancelled');
      await source.nack?.(keysIn(rows.slice(5, 15)), 'cancelled');
      await source.close();
      expect(keysIn(await rowsOf(uri, 'bat_2'))).toEqual(keysIn(rows.slice(10, 15)));
    });

    test('gives everything back at once that the batch took and that has not ended', async () => {
      const uri = await place.put('rest', words(30));
      const rows = await rowsOf(uri, 'bat_1');
      const source = await openFor(uri, 'bat_1');
      await source.ack?.(ended(rows.slice(0, 10)));
      await source.nack?.('rest', 'cancelled');
      await source.close();
      expect(keysIn(await rowsOf(uri, 'bat_2'))).toEqual(keysIn(rows.slice(10)));
    });
  });
}
