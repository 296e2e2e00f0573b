import { expect, it } from 'vitest';
import { encodeText } from '../../support/encode-text.ts';
import { textRows } from '../../support/sentences.ts';
import { createTestTables } from '../../support/tables.ts';
import { readTable, withFile } from '../read-table.ts';

const ENCODINGS = [
  ['de', 'utf-8'],
  ['zh', 'utf-16le'],
  ['ru', 'windows-1251'],
  ['zh', 'gbk'],
  ['ja', 'shift_jis'],
  ['pl', 'windows-1250'],
] as const;
const DELIMITERS = [',', ';', '\t', '|'];
const HEADS = ['header', 'none', 'titles'] as const;
const LINE_ENDS = ['\n', '\r\n', '\r', '\r\r\n'];
const BYTES = [2_000, 20_000];

const FILES = ENCODINGS.flatMap(([language, encoding], e) =>
  DELIMITERS.flatMap((delimiter, d) =>
    HEADS.map((head, h) => ({
      language,
      encoding,
      delimiter,
      head,
      lineEnd: LINE_ENDS[(e + d + h) % LINE_ENDS.length] ?? '\n',
      bytes: BYTES[(e + h) % BYTES.length] ?? 0,
    })),
  ),
);

it.each(FILES)(
  'reads $language as $encoding, by $delimiter, $head, $lineEnd, $bytes bytes, exactly or tells',
  async (file) => {
    const { delimiter, lineEnd } = file;
    const rows = textRows(file.language, file.bytes);
    const head = { header: ['id,code,text'], none: [], titles: ['Report', 'made by hand', 'id,code,text'] }[file.head];
    const lines = [
      ...head.map((line) => line.replaceAll(',', delimiter)),
      ...rows.map((cells) => cells.map((cell) => `"${cell}"`).join(delimiter)),
    ];
    const body = encodeText(`${lines.join(lineEnd)}${lineEnd}`, file.encoding);
    const suggested = await withFile(body, 'table.csv', async (path, folder) => {
      const profile = await createTestTables({ roots: [folder] }).profile(path);
      if (file.head !== 'header') expect(profile.warnings).not.toEqual([]);
      return profile.suggested;
    });
    const table = await readTable(body, 'table.csv', suggested);
    expect(table.cells).toEqual(rows);
  },
);
