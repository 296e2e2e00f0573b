import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AppError } from '../../src/base/errors.ts';
import { ExactNumber } from '../../src/base/json/exact-number.ts';
import type { Cell, StoredType } from '../../src/tables/cell.ts';
import { openTable } from '../support/tables.ts';
import { EXTENSIONS, faultOf, HEADER, readAll, type TablesPlace, TEXT_ROWS } from './tables-place.ts';

/** The contract of every location of files, for every format, in addition to those of sources and writers. */
export function testFileTables(kind: string, open: () => Promise<TablesPlace>): void {
  describe(`tables on ${kind}`, () => {
    let place: TablesPlace;
    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place.close());

    for (const extension of EXTENSIONS) testFormat(extension, () => place);
    testParquet(() => place);
    testFaults(() => place);
  });
}

function testFormat(extension: string, at: () => TablesPlace): void {
  const write = async (name: string, columns: string[], rows: Cell[][]) => {
    const writer = await openTable(at().tables, at().uri(name), columns);
    await writer.write(rows);
    return writer.commit();
  };

  test(`keeps empty cells of a .${extension} with a single column`, async () => {
    const { tables, uri } = at();
    const rows = [['a'], [''], ['b'], [''], ['']];
    const writer = await openTable(tables, uri(`single.${extension}`), ['only']);
    await writer.write(rows);
    await writer.commit();
    expect((await readAll(tables, uri(`single.${extension}`))).rows.map((row) => row.cells)).toEqual(rows);
  });

  test(`profiles a .${extension}`, async () => {
    const { tables, uri } = at();
    await write(`profiled.${extension}`, HEADER, TEXT_ROWS);
    const profile = await tables.profile(uri(`profiled.${extension}`), { sampleRows: 2 });
    expect(profile.rowCount).toBe(TEXT_ROWS.length);
    expect(profile.columns.map((column) => column.name)).toEqual(HEADER);
    expect(profile.columns[0]?.nulls).toBe(1);
    expect(profile.sampleRows).toEqual(TEXT_ROWS.slice(0, 2));
    expect(profile.format.compression).toBe(
      extension.endsWith('.gz') ? 'gzip' : extension.endsWith('.zst') ? 'zstd' : 'none',
    );
    expect(profile.sizeBytes).toBe((await at().get(`profiled.${extension}`)).length);
  });
}

function testParquet(at: () => TablesPlace): void {
  test('keeps the types of a .parquet, and every value', async () => {
    const { tables, uri } = at();
    const types: StoredType[] = ['string', 'integer', 'number', 'boolean', 'json'];
    const rows: Cell[][] = [
      ['', 1, 1.5, true, { a: [1, null, 'x'] }],
      [null, null, null, null, null],
      ['z', new ExactNumber('9223372036854775807'), -0.1, false, 'text'],
      ['"', -9007199254740991, 3, true, [[]]],
    ];
    const names = types.map(String);
    const writer = await openTable(tables, uri('typed.parquet'), names, { types });
    await writer.write(rows);
    await writer.commit();
    const source = await tables.openSource(uri('typed.parquet'));
    expect(source.total).toBe(rows.length);
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

    const again = await openTable(tables, uri('again.parquet'), names, { types: kept });
    await again.write(rows);
    await again.commit();
    expect((await readAll(tables, uri('again.parquet'))).rows.map((row) => row.cells)).toEqual(rows);
  });

  test('shows nothing of a .parquet before commit, and nothing after an abort', async () => {
    const { tables, uri, names } = at();
    const before = await names();
    const writer = await openTable(tables, uri('never.parquet'), ['a']);
    for (let part = 0; part < 30; part += 1) await writer.write(Array.from({ length: 1000 }, () => ['x'.repeat(1000)]));
    expect(await tables.openSource(uri('never.parquet')).catch((fault: AppError) => fault.code)).toBe('file_not_found');
    await writer.abort();
    await writer.abort();
    expect(await names()).toEqual(before);
  });

  test('refuses what a column can not hold, by its name', async () => {
    const { tables, uri } = at();
    const writer = await openTable(tables, uri('unfit.parquet'), ['n'], { types: ['integer'] });
    const fault = await faultOf(writer.write([['many']]));
    expect(fault).toMatchObject({
      code: 'output_failed',
      message: expect.stringContaining('column "n" "many" is not'),
    });
    await writer.abort();
  });

  test('writes and reads 120,000 rows of a .parquet in order', async () => {
    const { tables, uri } = at();
    const writer = await openTable(tables, uri('large.parquet'), ['n', 'text'], { types: ['integer'] });
    for (let from = 0; from < 120_000; from += 1000) {
      await writer.write(Array.from({ length: 1000 }, (_, index) => [from + index, `text ${(from + index) % 7}`]));
    }
    await writer.commit();
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
    await put('empty.parquet', '');
    const codes = [];
    for (const name of ['text', 'cut', 'short'])
      codes.push((await faultOf(tables.openSource(uri(`${name}.parquet`)))).code);
    expect(codes).toEqual(['not_a_table', 'not_a_table', 'not_a_table']);
    expect((await faultOf(tables.openSource(uri('empty.parquet')))).code).toBe('file_empty');
  });
}

function testFaults(at: () => TablesPlace): void {
  test('writes and reads 20 MB in order', async () => {
    const { tables, uri } = at();
    const rows = 200_000;
    const writer = await openTable(tables, uri('large.csv'), ['n', 'text']);
    for (let from = 0; from < rows; from += 1000) {
      await writer.write(
        Array.from({ length: 1000 }, (_, index) => [String(from + index), `${'text "'.repeat(16)}\n`]),
      );
    }
    expect((await writer.commit()).bytes).toBeGreaterThan(20e6);
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
    for (const name of ['out.xls', 'out.xlsm', 'out', 'out.gz', 'out.parquet.gz', 'out.xlsx.zst']) {
      expect((await faultOf(at().tables.openWriter(at().uri(name), ['a']))).code).toBe('format_unsupported');
      expect((await faultOf(at().tables.checkWriter(at().uri(name), []))).code).toBe('format_unsupported');
    }
  });
}
