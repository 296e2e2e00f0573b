import { describe, expect, it } from 'vitest';
import type { Reading } from '../../../../src/tables/reading.ts';
import { createTestTables } from '../../../support/tables.ts';
import { readTable, withFile } from '../../read-table.ts';

/** The warnings' codes, the options that they suggest, and the table as it is read with those options. */
async function found(body: string, reading: Reading = {}) {
  return withFile(body, 'table.csv', async (path, folder) => {
    const tables = createTestTables({ roots: [folder] });
    const source = await tables.openSource(path, { reading });
    const codes = source.warnings().map(({ code }) => code);
    const suggested = source.suggested?.() ?? {};
    await source.close();
    const { columns, cells, warnings } = await readTable(body, 'table.csv', { ...reading, ...suggested });
    return { codes, suggested, columns, cells, left: warnings.map(({ code }) => code) };
  });
}

const TITLES =
  'Export of 3 orders,,\nmade on 2026-03-02,,\nid;customer;amount\n1;Łódź Sp. z o.o.;12,50\n2;Zoë & Co;7,00\n3;Bäckerei;3,10\n';

describe('what the head of a table shows', () => {
  it('finds titles with another delimiter above the header, and decimal commas', async () => {
    expect(await found(TITLES)).toEqual({
      codes: ['title_lines', 'decimal_commas'],
      suggested: { skipLines: 2, decimalComma: true },
      columns: ['id', 'customer', 'amount'],
      cells: [
        ['1', 'Łódź Sp. z o.o.', '12,50'],
        ['2', 'Zoë & Co', '7,00'],
        ['3', 'Bäckerei', '3,10'],
      ],
      left: [],
    });
  });

  it('finds titles that a spreadsheet filled up with delimiters, and counts lines from the file', async () => {
    const body = 'note\nReport,,\n,,\nid,text,n\n1,a,2\n2,b,3\n3,c,4\n';
    expect(await found(body, { skipLines: 1 })).toMatchObject({
      suggested: { skipLines: 3 },
      columns: ['id', 'text', 'n'],
    });
  });

  it('finds that the header is missing', async () => {
    expect(await found('101,Blue kettle,19.99\n102,Red mug,4.50\n103,Green plate,7.25\n')).toEqual({
      codes: ['header_like_data'],
      suggested: { header: false },
      columns: ['column_1', 'column_2', 'column_3'],
      cells: [
        ['101', 'Blue kettle', '19.99'],
        ['102', 'Red mug', '4.50'],
        ['103', 'Green plate', '7.25'],
      ],
      left: [],
    });
  });

  it.each([
    ['name,city,state\nAnn,Rome,new\nBob,Bern,new\n', []],
    ['Ann,Rome,new\nBob,Bern,new\nEve,Oslo,new\n', ['header_like_data']],
    ['region,2023,2024\nnorth,10,12\nsouth,11,15\n', []],
    ['Ann,1984\nBob,1991\nEve,2001\n', ['header_like_data']],
    ['id,text\n1,a\n2,b\n', []],
    ['a@b.example,x\nc@d.example,y\n', ['header_like_data']],
  ])('tells a header from data in %j', async (body, codes) => {
    expect((await found(body)).codes).toEqual(codes);
  });

  it('leaves out empty fields behind the last column, and tells it', async () => {
    const table = await readTable('id,note\n1,first,\n2,second,\n3,"third",""\n4,x,y\n');
    expect(table.cells).toEqual([
      ['1', 'first'],
      ['2', 'second'],
      ['3', 'third'],
      ['4', 'x'],
    ]);
    expect(table.warnings).toMatchObject([
      { code: 'trailing_delimiters', count: 3, line: 2 },
      { code: 'malformed_records', count: 1, line: 5 },
    ]);
  });

  it('names an unnamed column at the end where the header ends in a delimiter too', async () => {
    const table = await readTable('id,note,\n1,first,\n2,second,\n');
    expect(table.columns).toEqual(['id', 'note', 'column_3']);
    expect(table.cells).toEqual([
      ['1', 'first', ''],
      ['2', 'second', ''],
    ]);
  });

  it.each([
    ['text\nhello, you\nfine\n', {}],
    ['a^b\n1^2\n3^4\n', { delimiter: '^' }],
    ['a||b\n1||x\n3||y\n', {}],
  ])('tells that %j has one column only, or finds its delimiter', async (body, suggested) => {
    const table = await found(body);
    if (body.includes('||')) expect(table.columns).toEqual(['a', 'column_2', 'b']);
    else expect(table).toMatchObject({ codes: ['one_column'], suggested });
  });

  it('finds quotes that a backslash escapes', async () => {
    const body = 'id,text\n1,"say \\"hi\\", then go"\n2,"a\\\\b"\n3,"5\\""\n';
    expect(await found(body)).toMatchObject({
      codes: ['escaped_quotes'],
      suggested: { escape: '\\' },
      cells: [
        ['1', 'say "hi", then go'],
        ['2', 'a\\b'],
        ['3', '5"'],
      ],
      left: [],
    });
  });

  it('finds comment lines', async () => {
    const body = '# made by hand, today, here\nid,text\n1,a\n# half way\n2,#b\n3,c\n';
    expect(await found(body)).toMatchObject({
      codes: ['comment_lines'],
      suggested: { comment: '#' },
      columns: ['id', 'text'],
      cells: [
        ['1', 'a'],
        ['2', '#b'],
        ['3', 'c'],
      ],
    });
  });

  it.each([
    [['\n'], []],
    [['\r\n'], []],
    [['\r'], []],
    [['\r\r\n'], []],
    [['\n', '\r\n'], []],
    [['\r', '\n'], ['mixed_line_ends']],
    [['\r\n', '\r'], ['mixed_line_ends']],
    [['\r\r\n', '\r', '\n', '\r\n'], ['mixed_line_ends']],
  ])('reads the line ends %j', async (ends, codes) => {
    const lines = ['id,text', ...Array.from({ length: 12 }, (_, row) => `${row},"a\r\nb"`), '12,c'];
    const table = await readTable(lines.map((line, index) => line + (ends[index % ends.length] ?? '')).join(''));
    expect(table.cells).toEqual([...Array.from({ length: 12 }, (_, row) => [`${row}`, 'a\r\nb']), ['12', 'c']]);
    expect(table.warnings.map(({ code }) => code)).toEqual(codes);
  });

  it('keeps a stray carriage return as text, and tells it', async () => {
    const table = await readTable('id,text\n1,a\rb\n2,c\n3,d\n');
    expect(table.cells[0]).toEqual(['1', 'a\rb']);
    expect(table.warnings).toMatchObject([{ code: 'stray_returns', line: 2 }]);
  });
});

it('types numbers with a decimal comma when asked, and keeps their text', async () => {
  await withFile('a;b;c\n1.234,50;7;12.50\n-3,1;8;1.000\n', 'table.csv', async (path, folder) => {
    const profile = await createTestTables({ roots: [folder] }).profile(path, { reading: { decimalComma: true } });
    expect(profile.columns.map(({ type, min, max }) => ({ type, min, max }))).toEqual([
      { type: 'number', min: '-3,1', max: '1.234,50' },
      { type: 'integer', min: '7', max: '8' },
      { type: 'text', min: undefined, max: undefined },
    ]);
  });
});
