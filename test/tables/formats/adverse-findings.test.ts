import { expect, it } from 'vitest';
import { encodeText } from '../../support/encode-text.ts';
import { textRows } from '../../support/sentences.ts';
import { createTestTables } from '../../support/tables.ts';
import { readTable, withFile } from '../read-table.ts';

const csvOf = (rows: string[][], head = 'id,code,text\n') =>
  `${head}${rows.map((cells) => cells.map((cell) => `"${cell}"`).join(',')).join('\n')}\n`;

it('refuses a file that is partly UTF-8 and partly in another encoding; --encoding utf-8 names the lines', async () => {
  const rows = textRows('de', 2_000);
  const file = Buffer.concat([encodeText(csvOf(rows), 'utf-8'), encodeText(csvOf(rows, ''), 'windows-1252')]);
  await expect(readTable(file)).rejects.toMatchObject({
    code: 'encoding_uncertain',
    message: expect.stringMatching(/partly UTF-8 .*--encoding utf-8/s),
  });
  const read = await readTable(file, 'table.csv', { encoding: 'utf-8' });
  expect(read.warnings).toMatchObject([{ code: 'invalid_bytes' }]);
});

it.each(['utf-16le', 'utf-16be'])('reads %s without a mark, of text with characters like U+9000', async (encoding) => {
  const rows = Array.from({ length: 40 }, (_, at) => [`${at}`, `请把钱退回到客户的账户退退退退${at}`]);
  const table = await readTable(encodeText(csvOf(rows, 'id,text\n'), encoding));
  expect(table.format.text).toMatchObject({ encoding, bom: false });
  expect(table.cells).toEqual(rows);
});

it('refuses UTF-32 instead of reading it as UTF-16 with NUL characters', async () => {
  const text = csvOf([['1', 'déjà vu']], 'id,text\n');
  const file = Buffer.concat([...text].map((character) => Buffer.from([character.charCodeAt(0), 0, 0, 0])));
  await expect(readTable(file)).rejects.toMatchObject({ code: 'not_a_table' });
});

it('tells that a quoted field of a TSV file may be several records', async () => {
  const file = 'id\ttext\n1\t"quoted start\n2\tend"\n3\tx\n';
  const read = await readTable(file, 'table.tsv');
  expect(read.warnings).toMatchObject([{ code: 'quoted_lines', count: 1, line: 2 }]);
  const plain = await readTable(file, 'table.tsv', { quote: '' });
  expect([plain.cells, plain.warnings]).toEqual([
    [
      ['1', '"quoted start'],
      ['2', 'end"'],
      ['3', 'x'],
    ],
    [],
  ]);
  const lines = await readTable('id\ttext\n1\t"two\nlines"\n', 'table.tsv');
  expect(lines.warnings).toEqual([]);
});

it('tells that lines may be separated by spaces, if they have three or more fields', async () => {
  const many = Array.from({ length: 9 }, (_, at) => `${at} word ${at}\n`).join('');
  expect((await readTable(`id text amount\n${many}`)).warnings).toMatchObject([{ code: 'one_column' }]);
  expect((await readTable('full name\nAnn Lee\nBob Ray\nCid Orr\n')).warnings).toEqual([]);
});

it('reads a short text with a few control characters, and says where a NUL byte is', async () => {
  const read = await readTable('id,text\n1,a\u{1}b\u{1b}[31m\n2,c\n');
  expect(read.cells).toEqual([
    ['1', 'a\u{1}b\u{1b}[31m'],
    ['2', 'c'],
  ]);
  await expect(readTable('id,text\n1,a\n2,b\0\n')).rejects.toThrow(/a NUL byte on line 3.*--encoding utf-16le/s);
});

it.each([
  ['a form feed before a row', 'id,text\n1,a\n\f2,b\n', 3],
  ['an end-of-file mark of DOS', 'id,text\n1,a\n2,b\n\u001a', 4],
  ['a mark between joined files', 'id,text\n1,a\n\ufeff2,b\n', 3],
  ['a zero-width space', 'id,text\n1,a\u200b\n2,b\n', 2],
])('tells of characters that are not seen: %s', async (_what, file, line) => {
  const hidden = { code: 'hidden_characters', count: 1, line };
  expect((await readTable(file)).warnings).toContainEqual(expect.objectContaining(hidden));
  const counted = await countTable(file);
  expect(counted).toContainEqual(expect.objectContaining(hidden));
});

it.each([
  [
    'text that was UTF-8, read as windows-1252 and saved again',
    'id,text\n1,GrÃ¶ÃŸe fÃ¼r 5â‚¬\n2,b\n',
    'double_encoded',
  ],
  ['codes that are written for spreadsheets', 'id,text\n="001",a\n="002",b\n', 'formula_texts'],
  ['columns that are aligned by spaces', 'id   text    n\n1    alpha   2\n2    beta    3\n', 'one_column'],
])('tells of %s', async (_what, file, code) => {
  expect((await readTable(file)).warnings).toMatchObject([{ code }]);
});

it('says nothing of Portuguese capitals, of a formula among others, and of double spaces in prose', async () => {
  const file = 'id,text\n1,ÃO DE AÇÚCAR Â VENDA\n2,"=""x"""\n3,one.  Two\n';
  expect((await readTable(file)).warnings).toEqual([]);
});

it.each([
  ['id\ttext, more\n1\ta, b\n2\tc, d\n', '\t'],
  ['id;price, EUR\n1;2,50\n2;3,00\n', ';'],
])('takes the comma for text where another delimiter splits alike: %j', async (file, delimiter) => {
  expect((await readTable(file)).format.text?.delimiter).toBe(delimiter);
});

/** The warnings of a table whose rows are only counted. */
async function countTable(file: string) {
  return withFile(file, 'table.csv', async (path, folder) => {
    const source = await createTestTables({ roots: [folder] }).openSource(path);
    for await (const _ of source.rows(undefined, { cellsOf: 0 }));
    return source.warnings();
  });
}
