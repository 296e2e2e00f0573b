import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readXlsx } from 'hucre/xlsx';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ExactNumber } from '../../../../src/base/json/exact-number.ts';
import type { Cell } from '../../../../src/tables/cell.ts';
import type { WriterOptions } from '../../../../src/tables/row-writer.ts';
import type { Tables } from '../../../../src/tables/table.ts';
import { readAll } from '../../../contracts/tables-place.ts';
import { createTestTables, openTable } from '../../../support/tables.ts';

let folder: string;
let tables: Tables;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-xlsx-')));
  tables = createTestTables({ roots: [folder] });
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes a table and reads it by the library's own reader and by Rowmill. */
async function written(name: string, columns: string[], rows: Cell[][], options?: WriterOptions) {
  const uri = join(folder, name);
  const writer = await openTable(tables, uri, columns, options);
  for (let from = 0; from < rows.length; from += 250) await writer.write(rows.slice(from, from + 250));
  const { bytes } = await writer.commit();
  const file = await readFile(uri);
  expect(bytes).toBe(file.length);
  const book = await readXlsx(file, { readStyles: true });
  return { sheet: book.sheets[0], back: (await readAll(tables, uri)).rows.map(({ cells }) => cells) };
}

test('numbers, booleans, texts and dates are typed cells below a frozen header with widths', async () => {
  const rows: Cell[][] = [
    ['007', 1.5, true, '2024-01-31', '2024-01-31T10:30:00', '09:05:00', { a: 1 }],
    ['=1+1', -3, false, '2024-02-29', null, '30:00:00', [1]],
  ];
  const { sheet, back } = await written('typed.xlsx', ['text', 'n', 'b', 'day', 'moment', 'time', 'json'], rows);
  expect(sheet?.rows[1]).toEqual([
    '007',
    1.5,
    true,
    new Date(Date.UTC(2024, 0, 31)),
    new Date(Date.UTC(2024, 0, 31, 10, 30)),
    expect.any(Date),
    '{"a":1}',
  ]);
  expect(sheet?.rows[2]?.[0]).toBe('=1+1');
  expect(sheet?.freezePane).toMatchObject({ rows: 1 });
  expect(sheet?.columns?.map(({ width }) => (width ?? 0) >= 8)).toEqual(Array(7).fill(true));
  expect(back).toEqual(rows.map((row) => [...row.slice(0, 6), JSON.stringify(row[6])]));
});

test('texts that only look like dates, and columns of several kinds, stay text', async () => {
  const rows = [
    ['2024-02-30', '2024-01-31', '2024-01-31T10:00:00Z', '1899-12-31'],
    ['2024-13-01', 'soon', '2024-01-31T10:00:00.000', '2024-01-01'],
  ];
  const { sheet, back } = await written('looks.xlsx', ['a', 'b', 'c', 'd'], rows);
  expect(sheet?.rows.slice(1)).toEqual(rows);
  expect(back).toEqual(rows);
});

test('a cell of another kind below a column of dates keeps its text', async () => {
  const rows: Cell[][] = [...Array(250).keys()].map(() => ['2024-01-31']);
  rows.push(['unknown'], [45_000], ['2024-02-30']);
  const { back } = await written('late.xlsx', ['day'], rows);
  expect(back.slice(-4)).toEqual([['2024-01-31'], ['unknown'], ['45000'], ['2024-02-30']]);
});

test('control characters, escapes, surrogates and blanks come back as they were', async () => {
  const rows = [
    ['a\u0000b\u000b', '_x000D_', 'x\r\ny', ' lead', 'trail\n', '\ufffe\uffff', '🙂', '_x', '\t'],
    ['<&>"\'', ']]>', '&amp;', '_x005F_', '', '\u200b', 'é', '__x0041_', '  '],
  ];
  const { back } = await written('characters.xlsx', [...'abcdefghi'], rows);
  expect(back).toEqual(rows);
});

test('integers beyond 2^53 are text with every digit', async () => {
  const { back } = await written('digits.xlsx', ['id'], [[new ExactNumber('12345678901234567890')]]);
  expect(back).toEqual([['12345678901234567890']]);
});

test('a text above the limit of Excel is cut, and the cell says so', async () => {
  const { back } = await written('long.xlsx', ['text'], [['x'.repeat(40_000)]]);
  expect(back[0]?.[0]).toHaveLength(32_767);
  expect(back[0]?.[0]).toMatch(/^x+ … \[cut: 40,000 characters, Excel holds 32,767; export as .csv for all\]$/);
});

test('formulas are neutralised where it is asked for', async () => {
  expect((await written('safe.xlsx', ['a'], [['=1+1'], ['-5']], { spreadsheetSafe: true })).back).toEqual([
    ["'=1+1"],
    ['-5'],
  ]);
});

test('more rows than a sheet has are refused before they are written', async () => {
  const uri = join(folder, 'many.xlsx');
  await expect(tables.checkWriter(uri, [], { rows: 1_048_575 })).resolves.toBeUndefined();
  await expect(tables.checkWriter(uri, [], { rows: 1_048_576 })).rejects.toMatchObject({
    code: 'format_unsupported',
    message: expect.stringContaining('1,048,575 rows'),
  });
  const writer = await openTable(tables, uri, ['a']);
  await writer.write(Array.from({ length: 1000 }, () => ['x']));
  await expect(writer.write(new Array(1_048_000).fill(['x']))).rejects.toMatchObject({ code: 'format_unsupported' });
  await writer.abort();
});
