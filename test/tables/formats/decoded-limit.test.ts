import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { createByteLocations } from '../../../src/tables/locations/byte-locations.ts';
import { createFileStore } from '../../../src/tables/locations/files/file-locations.ts';
import type { Tables } from '../../../src/tables/table.ts';
import { createTables } from '../../../src/tables/tables.ts';
import { readAll } from '../../contracts/tables-place.ts';
import { workbook } from '../../support/workbook.ts';

const MIB = 1024 * 1024;
let folder: string;
let tables: Tables;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-limit-')));
  const locations = [createByteLocations(createFileStore(), { maxDecodedBytes: 2 * MIB })];
  tables = createTables({ roots: [folder], locations, log: createSilentLog() });
});
afterAll(() => rm(folder, { recursive: true }));

const rows = (bytes: number) => `a,b\n${`${'x'.repeat(98)},1\n`.repeat(Math.ceil(bytes / 101))}`;
const objects = (bytes: number) => `[${`{"a":"${'x'.repeat(90)}"},`.repeat(Math.ceil(bytes / 99))}{"a":1}]`;
const sheet = (bytes: number) =>
  workbook({ sheets: { One: `<row><c t="str"><v>a</v></c></row>${'<row><c><v>1</v></c></row>'.repeat(bytes / 26)}` } });
const texts = (bytes: number) =>
  workbook({
    sheets: { One: '<row><c t="s"><v>0</v></c></row>' },
    texts: Array.from({ length: bytes / 1000 }, () => `<t>${'x'.repeat(1000)}</t>`),
  });

const BOMBS: readonly [string, (bytes: number) => Buffer][] = [
  ['a.csv.gz', (bytes) => gzipSync(rows(bytes))],
  ['a.csv.zst', (bytes) => zstdCompressSync(rows(bytes))],
  ['named-plain.csv', (bytes) => gzipSync(rows(bytes))],
  ['a.json.gz', (bytes) => gzipSync(objects(bytes))],
  ['sheet.xlsx', sheet],
  ['texts.xlsx', texts],
  ['a.parquet.gz', (bytes) => gzipSync(Buffer.alloc(bytes))],
];

describe('the limit on decoded bytes', () => {
  test.each(BOMBS)('stops %s above it, and names the variable that raises it', async (name, make) => {
    await writeFile(join(folder, name), make(3 * MIB));
    await expect(readAll(tables, join(folder, name))).rejects.toMatchObject({
      code: 'table_too_large',
      message: expect.stringMatching(/decodes to more than 2\.1 MB\. .*ROWMILL_MAX_DECODED_GB/),
    });
  });

  test.each(BOMBS.slice(0, -1))('lets %s below it pass', async (name, make) => {
    await writeFile(join(folder, name), make(MIB));
    await expect(readAll(tables, join(folder, name))).resolves.toBeDefined();
  });

  test.each([
    ['wide.csv', `${Array.from({ length: 2000 }, (_, at) => `c${at}`).join(',')}\n${'x\n'.repeat(400)}`],
    [
      'wide.jsonl',
      `${JSON.stringify(Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`c${at}`, 1])))}\n${'{"c0":1}\n'.repeat(400)}`,
    ],
  ])('stops short rows of %s whose empty cells would fill the disk', async (name, text) => {
    await writeFile(join(folder, name), text);
    await expect(readAll(tables, join(folder, name))).rejects.toMatchObject({
      code: 'table_too_large',
      message: expect.stringMatching(/has 2,000 columns, and the empty cells.*ROWMILL_MAX_DECODED_GB/),
    });
    const short = name.endsWith('l') ? text.slice(0, -3000) : text.slice(0, -700);
    await writeFile(join(folder, name), short);
    await expect(readAll(tables, join(folder, name))).resolves.toBeDefined();
  });

  test('does not apply to a file that is not compressed', async () => {
    await writeFile(join(folder, 'plain.csv'), rows(3 * MIB));
    expect((await readAll(tables, join(folder, 'plain.csv'))).rows.length).toBeGreaterThan(30_000);
  });
});

describe('a damaged compressed file', () => {
  test.each([
    ['cut.csv.zst', zstdCompressSync(rows(1000)).subarray(0, -10), 'Zstandard'],
    ['cut.csv.gz', gzipSync(rows(1000)).subarray(0, -10), 'gzip'],
  ])('%s is an error that names the compression', async (name, body, what) => {
    await writeFile(join(folder, name), body);
    await expect(readAll(tables, join(folder, name))).rejects.toMatchObject({
      code: 'not_a_table',
      message: expect.stringContaining(`damaged ${what}`),
    });
  });

  test('several frames of Zstandard and members of gzip are one table', async () => {
    for (const [name, compress] of [
      ['two.csv.zst', zstdCompressSync],
      ['two.csv.gz', gzipSync],
    ] as const) {
      await writeFile(join(folder, name), Buffer.concat([compress('a\n1\n'), compress('2\n')]));
      const { rows: found } = await readAll(tables, join(folder, name));
      expect(
        found.map(({ cells }) => cells),
        name,
      ).toEqual([['1'], ['2']]);
    }
  });
});
