import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readingOptionsOf } from '../../../src/runner/contract/request/reading.ts';
import type { Reading } from '../../../src/tables/reading.ts';
import { say, startWorld, type World } from '../../runner/world.ts';
import { encodeText } from '../../support/encode-text.ts';
import { textRows } from '../../support/sentences.ts';
import { createTestTables } from '../../support/tables.ts';
import { readTable, withFile } from '../read-table.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ respond: ({ q }) => say({ answer: String(q) }) });
});
afterAll(() => world.close());

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
      // A run of each would take too long here; it is planned for each.
      isRun: (e + h) % BYTES.length === 0 && d === e % DELIMITERS.length,
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
    await runsOver(body, { rows, suggested, text: file.head === 'none' ? 'column_3' : 'text', isRun: file.isRun });
  },
);

/** Plans a batch over the file, and runs it: the model gets each cell, and the result holds it, exactly. */
async function runsOver(
  body: Buffer,
  { rows, suggested, text, isRun }: { rows: string[][]; suggested: Reading; text: string; isRun: boolean },
): Promise<void> {
  await writeFile(join(world.folder, 'table.csv'), body);
  const output_uri = join(world.folder, 'out.jsonl');
  const request = { input_mapping: { q: text }, reading: readingOptionsOf(suggested), output_uri };
  const plan = await world.runner.plan(world.request({ overwrite: true }, request));
  expect(plan).toMatchObject({ problems: [], row_count: rows.length });
  if (!isRun) return;
  world.sent.length = 0;
  await world.runner.drive(await world.start({ overwrite: true }, request));
  const texts = rows.map(([, , cell]) => cell);
  expect(world.sent.map(({ q }) => q).toSorted()).toEqual(texts.toSorted());
  const written = (await world.read('out.jsonl')).trim().split('\n');
  expect(written.map((line) => JSON.parse(line))).toMatchObject(texts.map((cell) => ({ [text]: cell, answer: cell })));
}
