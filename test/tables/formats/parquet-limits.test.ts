import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { createByteLocations } from '../../../src/tables/locations/byte-locations.ts';
import { createFileStore } from '../../../src/tables/locations/files/file-locations.ts';
import { createTables } from '../../../src/tables/tables.ts';
import { readAll } from '../../contracts/tables-place.ts';

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-parquet-limits-')));
});
afterAll(() => rm(folder, { recursive: true }));

const tablesOf = (maxDecodedBytes?: number) => {
  const options = maxDecodedBytes === undefined ? {} : { maxDecodedBytes };
  return createTables({
    roots: [folder],
    locations: [createByteLocations(createFileStore(), options)],
    log: createSilentLog(),
  });
};

async function put(name: string, data: string[]): Promise<string> {
  const file = parquetWriteBuffer({ columnData: [{ name: 'text', data, type: 'STRING' }], rowGroupSize: data.length });
  const uri = join(folder, name);
  await writeFile(uri, Buffer.from(file));
  return uri;
}

test('20,000 texts of 1 MB in 47 KB are refused by the limit on decoded bytes, before any row', async () => {
  const uri = await put('bomb.parquet', new Array(20_000).fill('x'.repeat(1_000_000)));
  const source = await tablesOf().openSource(uri);
  expect(source.sizeBytes).toBeLessThan(50_000);
  let rows = 0;
  const reading = (async () => {
    for await (const page of source.rows()) rows += page.length;
  })();
  await expect(reading).rejects.toMatchObject({
    code: 'table_too_large',
    message: expect.stringContaining('ROWMILL_MAX_DECODED_GB'),
  });
  expect(rows).toBe(0);
});

test('long texts below the limit come in small pages, the event loop turns between them, and reading can be cancelled', async () => {
  const uri = await put('long.parquet', new Array(2000).fill('x'.repeat(500_000)));
  const abort = new AbortController();
  const source = await tablesOf().openSource(uri);
  const sizes: number[] = [];
  let turns = 0;
  const turn = () => {
    turns += 1;
    if (turns === 5) abort.abort();
    else setImmediate(turn);
  };
  setImmediate(turn);
  const reading = (async () => {
    for await (const page of source.rows(abort.signal)) sizes.push(page.length);
  })();
  await expect(reading).rejects.toMatchObject({ code: 'aborted' });
  expect(Math.max(...sizes)).toBeLessThanOrEqual(3);
  expect(sizes.length).toBeLessThan(600);
});

test('a row above 1 MiB is malformed, and the rows after it are read', async () => {
  const uri = await put('row.parquet', ['a', 'x'.repeat(1_100_000), 'b']);
  const { rows } = await readAll(tablesOf(), uri);
  expect(rows[1]).toMatchObject({ line: 2, text: 'x'.repeat(65_536) });
  expect(rows.map(({ kind, cells }) => [kind, cells[0]?.toString().length])).toEqual([
    ['record', 1],
    ['malformed', undefined],
    ['record', 1],
  ]);
});

test('compressed pages count against the limit by the size that they claim, before they are decoded', async () => {
  const data = Array.from({ length: 200_000 }, (_, index) => index / 7);
  const uri = join(folder, 'pages.parquet');
  await writeFile(uri, Buffer.from(parquetWriteBuffer({ columnData: [{ name: 'n', data, type: 'DOUBLE' }] })));
  await expect(readAll(tablesOf(1024 * 1024), uri)).rejects.toMatchObject({ code: 'table_too_large' });
  expect((await readAll(tablesOf(16 * 1024 * 1024), uri)).rows).toHaveLength(200_000);
});

test('Parquet that is compressed once more is read through a temporary file', async () => {
  const file = parquetWriteBuffer({ columnData: [{ name: 'text', data: ['a', 'b'], type: 'STRING' }] });
  for (const [name, body] of [
    ['twice.parquet.gz', gzipSync(Buffer.from(file))],
    ['twice.parquet.zst', zstdCompressSync(Buffer.from(file))],
  ] as const) {
    await writeFile(join(folder, name), body);
    expect((await readAll(tablesOf(), join(folder, name))).rows.map(({ cells }) => cells)).toEqual([['a'], ['b']]);
  }
});
