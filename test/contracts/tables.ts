import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AppError } from '../../src/base/errors.ts';
import type { Cell, SourceRow, StoredType, Tables } from '../../src/tables/table.ts';

/** A place that tables can be put at and read back from, whatever its kind. */
export interface TablesPlace {
  tables: Tables;
  /** The URI of a name at this place. */
  uri(name: string): string;
  put(name: string, body: Buffer | string): Promise<void>;
  get(name: string): Promise<Buffer>;
  /** Everything there is at this place, hidden and unfinished things included. */
  names(): Promise<string[]>;
  close(): Promise<void>;
}

const HEADER = ['plain', 'quoted "name"', 'with, comma', 'line\nbreak', 'ünï🙂'];
const TEXT_ROWS: Cell[][] = [
  ['a', 'b', 'c', 'd', 'e'],
  ['say "hi"', 'x,y;z\tw|v', 'two\nlines', 'crlf\r\nhere', 'lone\rreturn'],
  ['🙂👩‍👩‍👧', 'Größe', '日本語', '\u200bzero', 'é'],
  ['', '', '', '', ''],
  [' leading', 'trailing ', ' both ', '   ', '\ttab'],
  ['=1+1', '+44', '-5', '@sum', "'quoted'"],
  ['""', '"', ',', '\n', '"\n,"'],
  ['007', '1e5', 'true', 'null', '{"a":1}'],
];

export async function readAll(tables: Tables, uri: string): Promise<{ columns: string[]; rows: SourceRow[] }> {
  const source = await tables.openSource(uri);
  const rows: SourceRow[] = [];
  for await (const chunk of source.rows()) rows.push(...chunk);
  return { columns: source.columns(), rows };
}

export async function faultOf(work: Promise<unknown>): Promise<AppError> {
  const fault = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(fault, 'nothing was thrown').toMatchObject({ name: 'AppError' });
  return fault as AppError;
}

/** What every location must do, for every format. */
export function testTables(kind: string, open: () => Promise<TablesPlace>): void {
  describe(`tables on ${kind}`, () => {
    let place: TablesPlace;
    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place.close());

    for (const extension of ['csv', 'tsv', 'jsonl', 'csv.gz', 'tsv.gz', 'jsonl.gz', 'parquet'])
      testRoundTrip(extension, () => place);
    testParquet(() => place);
    testSink(() => place);
    testFaults(() => place);
  });
}

function testRoundTrip(extension: string, at: () => TablesPlace): void {
  test(`gives back every cell of a .${extension} exactly`, async () => {
    const { tables, uri } = at();
    const sink = await tables.openSink(uri(`round.${extension}`), HEADER);
    await sink.write(TEXT_ROWS.slice(0, 3));
    await sink.write(TEXT_ROWS.slice(3));
    const committed = await sink.commit();
    expect(committed.bytes).toBe((await at().get(`round.${extension}`)).length);

    const back = await readAll(tables, committed.uri);
    expect(back.columns).toEqual(HEADER);
    expect(back.rows.map((row) => row.kind)).toEqual(TEXT_ROWS.map(() => 'record'));
    expect(back.rows.map((row) => row.cells)).toEqual(TEXT_ROWS);
  });

  test(`keeps empty cells of a .${extension} with a single column`, async () => {
    const { tables, uri } = at();
    const rows = [['a'], [''], ['b'], [''], ['']];
    const sink = await tables.openSink(uri(`single.${extension}`), ['only']);
    await sink.write(rows);
    await sink.commit();
    expect((await readAll(tables, uri(`single.${extension}`))).rows.map((row) => row.cells)).toEqual(rows);
  });

  test(`profiles a .${extension}`, async () => {
    const { tables, uri } = at();
    const profile = await tables.profile(uri(`round.${extension}`), { sampleRows: 2 });
    expect(profile.rowCount).toBe(TEXT_ROWS.length);
    expect(profile.columns.map((column) => column.name)).toEqual(HEADER);
    expect(profile.columns[0]?.nulls).toBe(1);
    expect(profile.sampleRows).toEqual(TEXT_ROWS.slice(0, 2));
    expect(profile.facts.gzip).toBe(extension.endsWith('.gz'));
    expect(profile.sizeBytes).toBe((await at().get(`round.${extension}`)).length);
  });
}

function testParquet(at: () => TablesPlace): void {
  test('keeps the types of a .parquet, and every value', async () => {
    const { tables, uri } = at();
    const types: StoredType[] = ['string', 'integer', 'number', 'boolean', 'json'];
    const rows: Cell[][] = [
      ['', 1, 1.5, true, { a: [1, null, 'x'] }],
      [null, null, null, null, null],
      ['z', '9223372036854775807', -0.1, false, 'text'],
      ['"', -9007199254740991, 3, true, [[]]],
    ];
    const names = types.map(String);
    const sink = await tables.openSink(uri('typed.parquet'), names, { types });
    await sink.write(rows);
    await sink.commit();
    const source = await tables.openSource(uri('typed.parquet'));
    expect(source.rowCount).toBe(rows.length);
    const kept = source.types?.() ?? [];
    expect(kept.map((type) => (typeof type === 'string' ? type : type.parquet['type']))).toEqual([
      'string',
      'INT64',
      'DOUBLE',
      'BOOLEAN',
      'json',
    ]);
    await source.close();
    expect((await readAll(tables, uri('typed.parquet'))).rows.map((row) => row.cells)).toEqual(rows);

    const again = await tables.openSink(uri('again.parquet'), names, { types: kept });
    await again.write(rows);
    await again.commit();
    expect((await readAll(tables, uri('again.parquet'))).rows.map((row) => row.cells)).toEqual(rows);
  });

  test('shows nothing of a .parquet before commit, and nothing after an abort', async () => {
    const { tables, uri, names } = at();
    const before = await names();
    const sink = await tables.openSink(uri('never.parquet'), ['a']);
    for (let part = 0; part < 30; part += 1) await sink.write(Array.from({ length: 1000 }, () => ['x'.repeat(1000)]));
    expect(await tables.openSource(uri('never.parquet')).catch((fault: AppError) => fault.code)).toBe('file_not_found');
    await sink.abort();
    await sink.abort();
    expect(await names()).toEqual(before);
  });

  test('refuses what a column can not hold, by its name', async () => {
    const { tables, uri } = at();
    const sink = await tables.openSink(uri('unfit.parquet'), ['n'], { types: ['integer'] });
    const fault = await faultOf(sink.write([['many']]));
    expect(fault).toMatchObject({
      code: 'output_failed',
      message: expect.stringContaining('column "n" "many" is not'),
    });
    await sink.abort();
  });

  test('writes and reads 120,000 rows of a .parquet in order', async () => {
    const { tables, uri } = at();
    const sink = await tables.openSink(uri('large.parquet'), ['n', 'text'], { types: ['integer'] });
    for (let from = 0; from < 120_000; from += 1000) {
      await sink.write(Array.from({ length: 1000 }, (_, index) => [from + index, `text ${(from + index) % 7}`]));
    }
    await sink.commit();
    let expected = 0;
    const source = await tables.openSource(uri('large.parquet'));
    for await (const chunk of source.rows()) {
      for (const row of chunk) {
        if (row.cells[0] !== expected || row.cells[1] !== `text ${expected % 7}` || row.line !== expected + 1) {
          expect(row).toEqual({ expected });
        }
        expected += 1;
      }
    }
    expect(expected).toBe(120_000);
  }, 60_000);

  test('refuses a .parquet that is none, is cut off, or is empty', async () => {
    const { tables, uri, put, get } = at();
    await put('text.parquet', 'a,b\n1,2\n3,4\n');
    await put('cut.parquet', (await get('typed.parquet')).subarray(0, -20));
    await put('short.parquet', 'PAR1');
    await put('zipped.parquet.gz', gzipSync(await get('typed.parquet')));
    await put('empty.parquet', '');
    const codes = [];
    for (const name of ['text', 'cut', 'short'])
      codes.push((await faultOf(tables.openSource(uri(`${name}.parquet`)))).code);
    expect(codes).toEqual(['not_a_table', 'not_a_table', 'not_a_table']);
    expect((await faultOf(tables.openSource(uri('zipped.parquet.gz')))).code).toBe('format_unsupported');
    expect((await faultOf(tables.openSource(uri('empty.parquet')))).code).toBe('file_empty');
  });
}

function testSink(at: () => TablesPlace): void {
  test('shows nothing before commit and leaves nothing after abort', async () => {
    const { tables, uri, names } = at();
    const before = await names();
    const sink = await tables.openSink(uri('never.csv'), ['a']);
    await sink.write([['x']]);
    await expect(readAll(tables, uri('never.csv'))).rejects.toMatchObject({ code: 'file_not_found' });
    await sink.abort();
    await sink.abort();
    expect(await names()).toEqual(before);
  });

  test('leaves nothing when a large output is aborted half way', async () => {
    const { tables, uri, names } = at();
    const before = await names();
    const sink = await tables.openSink(uri('large-never.csv'), ['a']);
    for (let part = 0; part < 20; part += 1) await sink.write(Array.from({ length: 1000 }, () => ['x'.repeat(1000)]));
    await sink.abort();
    expect(await names()).toEqual(before);
  });

  test('replaces what was there, at commit and not before', async () => {
    const { tables, uri } = at();
    await at().put('replaced.csv', 'a\nold\n');
    const sink = await tables.openSink(uri('replaced.csv'), ['a']);
    await sink.write([['new']]);
    expect((await readAll(tables, uri('replaced.csv'))).rows[0]?.cells).toEqual(['old']);
    await sink.commit();
    await sink.abort();
    expect((await readAll(tables, uri('replaced.csv'))).rows[0]?.cells).toEqual(['new']);
  });

  test('writes and reads 20 MB in order', async () => {
    const { tables, uri } = at();
    const rows = 200_000;
    const sink = await tables.openSink(uri('large.csv'), ['n', 'text']);
    for (let from = 0; from < rows; from += 1000) {
      await sink.write(Array.from({ length: 1000 }, (_, index) => [String(from + index), `${'text "'.repeat(16)}\n`]));
    }
    expect((await sink.commit()).bytes).toBeGreaterThan(20e6);
    const source = await tables.openSource(uri('large.csv'));
    let expected = 0;
    for await (const chunk of source.rows()) {
      for (const row of chunk) {
        if (row.kind !== 'record' || row.cells[0] !== String(expected) || row.line !== 2 + expected * 2) {
          expect(row).toEqual({ expected });
        }
        expected += 1;
      }
    }
    expect(expected).toBe(rows);
  }, 60_000);
}

function testFaults(at: () => TablesPlace): void {
  test('names what is missing', async () => {
    const fault = await faultOf(at().tables.openSource(at().uri('missing.csv')));
    expect(fault.code).toBe('file_not_found');
    expect(fault.message).toContain('missing.csv');
  });

  test('refuses an empty file, and one with blank lines only', async () => {
    await at().put('empty.csv', '');
    await at().put('blank.csv', '\n\r\n\n');
    await at().put('empty.csv.gz', gzipSync(''));
    for (const name of ['empty.csv', 'blank.csv', 'empty.csv.gz']) {
      expect((await faultOf(at().tables.openSource(at().uri(name)))).code, name).toBe('file_empty');
    }
  });

  test('gives no rows for a header alone', async () => {
    await at().put('header.csv', 'a,b,c');
    expect(await readAll(at().tables, at().uri('header.csv'))).toEqual({ columns: ['a', 'b', 'c'], rows: [] });
    expect((await at().tables.profile(at().uri('header.csv'))).rowCount).toBe(0);
  });

  test('refuses what is no table', async () => {
    await at().put('picture.csv', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13, 1, 2, 3]));
    const fault = await faultOf(at().tables.openSource(at().uri('picture.csv')));
    expect(fault.code).toBe('not_a_table');
    expect(fault.message).toContain('picture.csv');
  });

  test('refuses an output whose format the name does not tell', async () => {
    for (const name of ['out.xlsx', 'out', 'out.gz', 'out.parquet.gz']) {
      expect((await faultOf(at().tables.openSink(at().uri(name), ['a']))).code).toBe('format_unsupported');
      expect((await faultOf(at().tables.checkSink(at().uri(name), []))).code).toBe('format_unsupported');
    }
  });

  test('refuses an output onto the source', async () => {
    await at().put('source.csv', 'a\n1\n');
    const { tables, uri } = at();
    expect((await faultOf(tables.checkSink(uri('source.csv'), [uri('source.csv')]))).code).toBe('output_is_source');
    await tables.checkSink(uri('other.csv'), [uri('source.csv')]);
  });

  test('refuses an output onto what is there already, unless it may be overwritten', async () => {
    await at().put('there.csv', 'a\n1\n');
    await at().put('parts/source.csv', 'a\n1\n');
    const { tables, uri } = at();
    const fault = await faultOf(tables.checkSink(uri('there.csv'), []));
    expect(fault.code).toBe('output_exists');
    expect(fault.message).toMatch(/there\.csv" exists already\. .*--overwrite/);
    await tables.checkSink(uri('there.csv'), [], { overwrite: true });
    await at().put('source.csv', 'a\n1\n');
    expect((await faultOf(tables.checkSink(uri('parts/'), [uri('source.csv')]))).code).toBe('output_exists');
  });
}
