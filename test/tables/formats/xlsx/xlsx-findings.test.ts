import { expect, test } from 'vitest';
import { createTestTables } from '../../../support/tables.ts';
import { workbook } from '../../../support/workbook.ts';
import { readTable, withFile } from '../../read-table.ts';

type Value = string | number | null;

const cell = (value: Value, column: number, row: number) => {
  const ref = `${'ABCDEFGH'[column]}${row}`;
  if (value === null) return '';
  return typeof value === 'number'
    ? `<c r="${ref}"><v>${value}</v></c>`
    : `<c r="${ref}" t="inlineStr"><is><t>${value}</t></is></c>`;
};

/** A workbook of one sheet with these rows. */
const book = (...rows: Value[][]) =>
  workbook({
    sheets: {
      One: rows
        .map(
          (row, at) => `<row r="${at + 1}">${row.map((value, column) => cell(value, column, at + 1)).join('')}</row>`,
        )
        .join(''),
    },
  });

const codes = async (body: Buffer, reading = {}) =>
  (await readTable(body, 'book.xlsx', reading)).warnings.map(({ code }) => code);
const suggested = (body: Buffer) =>
  withFile(body, 'book.xlsx', async (path, folder) => {
    const { suggested: found } = await createTestTables({ roots: [folder] }).profile(path);
    return found;
  });

test('titles above a table are told, and the reading that is suggested leaves them out', async () => {
  const body = book(['Report'], [null], ['id', 'text', 'n'], [1, 'a', null], [2, 'b', 7], [3, null, 8]);
  expect(await codes(body)).toContain('title_lines');
  expect(await suggested(body)).toEqual({ skipLines: 2 });
  const read = await readTable(body, 'book.xlsx', { skipLines: 2 });
  expect([read.columns, read.warnings]).toEqual([['id', 'text', 'n'], []]);
  expect(await suggested(book(['Report'], ['id', 'text'], [1, 'a'], [2, 'b']))).toEqual({ skipLines: 1 });
});

test('a first row that looks like data is told, unless the reading says what it is', async () => {
  const body = book([1, 'word 1', 1.5], [2, 'word 2', 3], [3, 'word 3', 4.5]);
  expect(await codes(body)).toContain('header_like_data');
  expect(await suggested(body)).toEqual({ header: false });
  expect(await codes(body, { header: false })).toEqual([]);
});

test('a table with a plain header has no findings', async () => {
  const body = book(['id', 'text', 2020], [1, 'a', 5], [2, null, 6]);
  expect(await codes(body)).toEqual([]);
  expect(await suggested(body)).toEqual({});
});

test('an empty value of a formula that no program has computed is told; an empty text is a value', async () => {
  const rows =
    '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row>' +
    '<row r="2"><c r="A2"><f>1+1</f><v></v></c><c r="B2" t="str"><f>""</f><v></v></c></row>' +
    '<row r="3"><c r="A3"><f>1+2</f><v/></c><c r="B3"><v>2</v></c></row>';
  const { warnings, cells } = await readTable(workbook({ sheets: { One: rows } }), 'book.xlsx');
  expect(warnings).toMatchObject([{ code: 'formulas_without_value', count: 2, line: 2 }]);
  expect(cells).toEqual([
    [null, ''],
    [null, 2],
  ]);
});

test('hidden rows are read, and told', async () => {
  const rows = (hidden: string) =>
    `<row r="1">${cell('a', 0, 1)}</row><row r="2" hidden="${hidden}">${cell('x', 0, 2)}</row><row r="3">${cell('y', 0, 3)}</row>`;
  const { warnings, cells } = await readTable(workbook({ sheets: { One: rows('1') } }), 'book.xlsx');
  expect(cells).toEqual([['x'], ['y']]);
  expect(warnings).toMatchObject([{ code: 'hidden_rows', count: 1, message: expect.stringContaining('row 2') }]);
  expect((await readTable(workbook({ sheets: { One: rows('0') } }), 'book.xlsx')).warnings).toEqual([]);
});
