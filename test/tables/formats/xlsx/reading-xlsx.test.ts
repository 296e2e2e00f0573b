import { describe, expect, test } from 'vitest';
import { ExactNumber } from '../../../../src/base/json/exact-number.ts';
import { workbook, zip } from '../../../support/workbook.ts';
import { readTable } from '../../read-table.ts';

const text = (ref: string, value: string) => `<c r="${ref}" t="inlineStr"><is><t>${value}</t></is></c>`;
const header = (...names: string[]) =>
  `<row r="1">${names.map((name, index) => text(`${'ABCDEFGH'[index]}1`, name)).join('')}</row>`;
const row = (number: number, ...cells: string[]) => `<row r="${number}">${cells.join('')}</row>`;
const read = (parts: Parameters<typeof workbook>[0], reading = {}) => readTable(workbook(parts), 'book.xlsx', reading);

describe('cells of a workbook', () => {
  test('keep their types: texts, numbers, booleans, empty cells, the value of a formula', async () => {
    const cells = [
      '<c r="A2" t="s"><v>1</v></c>',
      '<c r="B2"><v>-12.5</v></c>',
      '<c r="C2" t="b"><v>1</v></c>',
      '<c r="E2" t="str"><f>A1&amp;"x"</f><v>a&lt;b</v></c>',
      '<c r="F2"><f>1+1</f><v>2</v></c>',
    ];
    const found = await read({
      sheets: { One: header('a', 'b', 'c', 'd', 'e', 'f') + row(2, ...cells) },
      texts: ['<t>never</t>', '<r><t xml:space="preserve">rich </t></r><r><t>text</t></r><rPh><t>reading</t></rPh>'],
    });
    expect(found.columns).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(found.cells).toEqual([['rich text', -12.5, true, null, 'a<b', 2]]);
    expect(found.warnings).toEqual([]);
  });

  test('keep the digits of integers beyond 2^53 and leading zeros that a format shows', async () => {
    const found = await read({
      sheets: {
        One:
          header('a', 'b', 'c', 'd') +
          row(
            2,
            '<c r="A2"><v>12345678901234567890</v></c>',
            '<c r="B2" s="1"><v>501</v></c>',
            '<c r="C2" s="2"><v>123456789</v></c>',
            text('D2', '007'),
          ),
      },
      formats: ['00000', '000\\-00\\-0000'],
    });
    expect(found.cells).toEqual([[new ExactNumber('12345678901234567890'), '00501', '123-45-6789', '007']]);
  });

  test('are ISO 8601 for dates, times and durations, in both epochs', async () => {
    const formats = [14, 'yyyy-mm-dd hh:mm', 'h:mm:ss', '[h]:mm', '[$-409]d" day "mmm\\ yy;@', '0.00', 'General'];
    const values = [45_322, 45_322.4375, 0.5, 1.25, 45_322, 45_322, 45_322];
    const cells = values.map((value, index) => `<c r="${'ABCDEFG'[index]}2" s="${index + 1}"><v>${value}</v></c>`);
    const sheets = { One: header('a', 'b', 'c', 'd', 'e', 'f', 'g') + row(2, ...cells) };
    expect((await read({ sheets, formats })).cells).toEqual([
      ['2024-01-31', '2024-01-31T10:30:00', '12:00:00', '30:00:00', '2024-01-31', 45_322, 45_322],
    ]);
    expect((await read({ sheets, formats, date1904: true })).cells[0]?.slice(0, 2)).toEqual([
      '2028-02-01',
      '2028-02-01T10:30:00',
    ]);
  });

  test('keep days around the leap day of 1900 that only spreadsheets know', async () => {
    const cells = [1, 59, 60, 61].map((day, index) => `<c r="${'ABCD'[index]}2" s="1"><v>${day}</v></c>`);
    const found = await read({ sheets: { One: header('a', 'b', 'c', 'd') + row(2, ...cells) }, formats: [14] });
    expect(found.cells).toEqual([['1900-01-01', '1900-02-28', '1900-02-29', '1900-03-01']]);
  });

  test('decode escaped characters, once', async () => {
    const sheets = {
      One: header('a', 'b') + row(2, text('A2', 'x_x000D_y'), text('B2', '_x005F_x000D_ &#x41;&amp;amp;')),
    };
    expect((await read({ sheets })).cells).toEqual([['x\ry', '_x000D_ A&amp;']]);
  });
});

describe('what a sheet holds besides values', () => {
  test('errors are read as text and reported', async () => {
    const found = await read({ sheets: { One: header('a') + row(2, '<c r="A2" t="e"><v>#DIV/0!</v></c>') } });
    expect(found.cells).toEqual([['#DIV/0!']]);
    expect(found.warnings.map(({ code, message }) => [code, message.includes('A2 (#DIV/0!)')])).toEqual([
      ['error_cells', true],
    ]);
  });

  test('blank rows are left out and reported, and the others keep their row numbers', async () => {
    const found = await read({
      sheets: { One: header('a') + row(3, text('A3', 'x')) + row(4, '<c r="A4" s="0"/>') + row(7, text('A7', 'y')) },
    });
    expect(found.rows.map(({ line }) => line)).toEqual([3, 7]);
    expect(found.warnings).toMatchObject([{ code: 'blank_rows', count: 3, line: 4 }]);
  });

  test('merged ranges and formulas without a value are reported', async () => {
    const found = await read({
      sheets: {
        One: {
          rows: header('a', 'b') + row(2, text('A2', 'x'), '<c r="B2"><f>NOW()</f></c>'),
          after: '<mergeCells count="1"><mergeCell ref="A2:A5"/></mergeCells>',
        },
      },
    });
    expect(found.cells).toEqual([['x', null]]);
    expect(found.warnings.map(({ code }) => code)).toEqual(['formulas_without_value', 'merged_cells']);
    expect(found.warnings.map(({ message }) => message).join()).toMatch(/B2.*A2:A5/s);
  });

  test('a value right of the last column makes a malformed row that names the cell', async () => {
    const found = await read({ sheets: { One: header('a') + row(2, text('A2', 'x'), text('D2', 'note')) } });
    expect(found.rows).toMatchObject([{ kind: 'malformed', line: 2, text: 'x\t\t\tnote' }]);
    expect(found.warnings[0]?.message).toContain('D2');
  });

  test('a row above 1 MiB is malformed, and the rows after it are read', async () => {
    const big = 'x'.repeat(1_100_000);
    const found = await read({
      sheets: {
        One: header('a') + row(2, text('A2', big)) + row(3, '<c r="A3" t="s"><v>0</v></c>') + row(4, text('A4', 'y')),
      },
      texts: [`<t>${big}</t>`],
    });
    expect(found.rows.map(({ kind }) => kind)).toEqual(['malformed', 'malformed', 'record']);
  });
});

describe('sheets', () => {
  const sheets = {
    Secret: { rows: header('s'), state: 'hidden' as const },
    'Data 1': header('a') + row(2, text('A2', 'one')),
    Other: header('b') + row(2, text('A2', 'two')),
  };

  test('the first one that is not hidden is read, and the others are named', async () => {
    const found = await read({ sheets });
    expect(found.cells).toEqual([['one']]);
    expect(found.warnings[0]?.message).toContain('"Data 1" is read. Other sheets: "Secret" (hidden), "Other"');
  });

  test('are chosen by name in any case, by number, or by # behind the name of the file', async () => {
    expect((await read({ sheets }, { sheet: 'other' })).cells).toEqual([['two']]);
    expect((await read({ sheets }, { sheet: '3' })).columns).toEqual(['b']);
    expect((await read({ sheets }, { sheet: 'Secret' })).columns).toEqual(['s']);
    expect((await readTable(workbook({ sheets }), 'book.xlsx', {}, '#Data 1')).cells).toEqual([['one']]);
  });

  test('a name that does not exist is an error that lists them', async () => {
    await expect(read({ sheets }, { sheet: 'Sheet2' })).rejects.toMatchObject({
      code: 'not_a_table',
      message: expect.stringContaining('"Secret" (hidden), "Data 1", "Other"'),
    });
  });

  test('rows above the header can be left out, and the header may be missing', async () => {
    const titled = { One: row(1, text('A1', 'Title')) + row(3, text('A3', 'a')) + row(4, text('A4', 'x')) };
    expect(await read({ sheets: titled }, { skipLines: 2 })).toMatchObject({ columns: ['a'], cells: [['x']] });
    expect(await read({ sheets }, { header: false })).toMatchObject({ columns: ['column_1'], cells: [['a'], ['one']] });
  });
});

describe('a damaged or hostile workbook', () => {
  test.each([
    ['XML that is cut off', zip({ 'xl/workbook.xml': '<workbook><sheets' })],
    ['no workbook', zip({ 'word/document.xml': '<x/>' })],
    ['a directory that is cut off', workbook({ sheets: { One: header('a') } }).subarray(0, -30)],
  ])('with %s is an error of the file', async (_, body) => {
    await expect(readTable(body, 'book.xlsx')).rejects.toMatchObject({ code: 'not_a_table' });
  });

  test('with an empty sheet is an empty file', async () => {
    await expect(read({ sheets: { One: '' } })).rejects.toMatchObject({ code: 'file_empty' });
  });

  test('may refer to shared texts that do not exist: its row is malformed', async () => {
    const found = await read({ sheets: { One: header('a') + row(2, '<c r="A2" t="s"><v>9</v></c>') } });
    expect(found.rows).toMatchObject([{ kind: 'malformed', reason: expect.stringContaining('A2') }]);
  });
});
