import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeText } from '../../../support/encode-text.ts';
import { LANGUAGE_ENCODINGS, textRows } from '../../../support/sentences.ts';
import { readTable } from '../../read-table.ts';

function csvOf(rows: string[][]): string {
  return `id,code,text\n${rows.map((cells) => cells.map((cell) => `"${cell}"`).join(',')).join('\n')}\n`;
}

describe.each(LANGUAGE_ENCODINGS)('a table in %s as %s', (language, encoding) => {
  it('is read cell by cell when it has 2 KB, and its encoding is told', async () => {
    const rows = textRows(language, 2_000);
    const table = await readTable(encodeText(csvOf(rows), encoding));
    expect(table.cells).toEqual(rows);
    const isGuess = !encoding.startsWith('utf-') && encoding !== 'iso-2022-jp';
    expect(table.warnings.map(({ code }) => code)).toEqual(isGuess ? ['encoding_guessed'] : []);
  });

  it('is read exactly or refused with candidates when it has two rows', async () => {
    const rows = textRows(language, 100);
    const file = encodeText(csvOf(rows), encoding);
    const read = await readTable(file).catch((fault: unknown) => fault);
    if (read instanceof Error) expect(read).toMatchObject({ code: 'encoding_uncertain' });
    else expect(read).toMatchObject({ cells: rows });
    expect((await readTable(file, 'table.csv', { encoding })).cells).toEqual(rows);
  });
});

it.each([
  ['zh', 'gbk'],
  ['ja', 'shift_jis'],
  ['ko', 'euc-kr'],
  ['pl', 'windows-1250'],
  ['ru', 'windows-1251'],
])('reads a table of 2 MB in %s as %s', async (language, encoding) => {
  const rows = textRows(language, 2_000_000);
  const table = await readTable(encodeText(csvOf(rows), encoding));
  expect(JSON.stringify(table.cells) === JSON.stringify(rows)).toBe(true);
});

it('refuses text that is too short for any detector, with the candidates and how each would read it', async () => {
  const windows = readTable(encodeText('id,text\n1,Москва солнечно\n2,Казань зной\n', 'windows-1251'));
  await expect(windows).rejects.toThrow(
    /windows-1251 \(it would read "Москва.*\), x-mac-cyrillic .*--encoding windows-1251/s,
  );
  const gbk = readTable(encodeText('id,text\n1,北京天气晴朗\n2,上海下雨了\n', 'gbk'));
  await expect(gbk).rejects.toMatchObject({
    code: 'encoding_uncertain',
    message: expect.stringContaining('--encoding gb'),
  });
});

it('reads a UTF-8 file with a cut character as UTF-8, and names its line', async () => {
  const file = Buffer.concat([
    Buffer.from('id,text\n1,cut in the middle '),
    Buffer.from([0xf0, 0x9f, 0x91]),
    Buffer.from('\n2,Łódź żółw\n3,東京 タワー\n4,café\n'),
  ]);
  const table = await readTable(file);
  expect(table.cells.map(([, text]) => text)).toEqual([
    'cut in the middle \u{fffd}',
    'Łódź żółw',
    '東京 タワー',
    'café',
  ]);
  expect(table.warnings).toMatchObject([{ code: 'invalid_bytes', count: 1, line: 2 }]);
  expect(table.warnings[0]?.message).toContain('on line 2');
});

it('names a bounded number of lines', async () => {
  const bad = Buffer.from('J\xfcrgen,1\n', 'latin1');
  const good = Buffer.from('Zoë Łódź żółw,1\n');
  const table = await readTable(
    Buffer.concat([Buffer.from('a,b\n'), ...Array.from({ length: 40 }, () => [good, bad]).flat()]),
  );
  expect(table.warnings).toMatchObject([{ code: 'invalid_bytes', count: 40, line: 3 }]);
  expect(table.warnings[0]?.message).toContain('3, 5, 7, 9, 11, 13, 15, 17, 19, 21 and 30 more');
});

it('tells bytes that do not decode in the encoding that is given', async () => {
  const file = Buffer.concat([encodeText('id,text\n1,北京\n2,', 'gbk'), Buffer.from([0xff, 0x0a])]);
  const table = await readTable(file, 'table.csv', { encoding: 'gbk' });
  expect(table.cells).toEqual([
    ['1', '北京'],
    ['2', '\u{fffd}'],
  ]);
  expect(table.warnings).toMatchObject([{ code: 'invalid_bytes', line: 3 }]);
  expect(table.warnings[0]?.message).toContain('do not decode as gbk');
});

it('finds an encoding that shows only after the first 64 KiB', async () => {
  const rows = [...Array.from({ length: 20_000 }, (_, row) => [`${row}`, 'x', 'plain']), ...textRows('ru', 200_000)];
  const table = await readTable(encodeText(csvOf(rows), 'windows-1251'));
  expect(table.format.text?.encoding).toBe('windows-1251');
  expect(table.cells).toEqual(rows);
});

it('reads every encoding of the WHATWG list by each of its names', async () => {
  // The list of https://encoding.spec.whatwg.org/#names-and-labels.
  const labels = JSON.parse(readFileSync(new URL('labels.json', import.meta.url), 'utf8')) as Record<string, string[]>;
  for (const [encoding, names] of Object.entries(labels)) {
    for (const label of names) {
      const bytes = encodeText('a,b\n1,2\n', encoding.startsWith('utf-16') ? encoding : 'utf-8');
      const table = await readTable(bytes, 'table.csv', { encoding: label });
      expect([label, table.format.text?.encoding, table.cells]).toEqual([label, encoding, [['1', '2']]]);
    }
  }
});

it.each([
  ['zh', 'gbk'],
  ['zh-Hant', 'big5'],
  ['ko', 'euc-kr'],
  ['ja', 'shift_jis'],
  ['ja', 'euc-jp'],
  ['ru', 'windows-1251'],
])('finds the encoding of %s in %s although a character is damaged, and names the line', async (language, encoding) => {
  const rows = textRows(language, 5_000);
  const file = Buffer.concat([encodeText(csvOf(rows), encoding), Buffer.from([0x39, 0x2c, 0xff, 0x2c, 0x98, 0x0a])]);
  const table = await readTable(file);
  expect(table.cells.slice(0, -1)).toEqual(rows);
  if (encoding !== 'windows-1251') {
    expect(table.warnings).toContainEqual(expect.objectContaining({ code: 'invalid_bytes', line: rows.length + 2 }));
  }
});
