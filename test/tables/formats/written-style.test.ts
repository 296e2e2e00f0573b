import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WrittenStyle } from '../../../src/tables/row-writer.ts';
import type { Tables } from '../../../src/tables/table.ts';
import { createMemoryRecords } from '../../support/memory-records.ts';
import { createTestTables, openTable } from '../../support/tables.ts';

let folder: string;
let tables: Tables;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-style-')));
  tables = createTestTables({ roots: [folder] });
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, style: WrittenStyle): Promise<Buffer> {
  const writer = await openTable(tables, join(folder, name), ['a', 'b'], style);
  await writer.write([['x;y', 'é,z']]);
  await writer.commit();
  return readFile(join(folder, name));
}

test('a CSV may have another delimiter and a byte order mark', async () => {
  expect((await written('a.csv', { delimiter: ';', bom: true })).toString()).toBe('\ufeffa;b\n"x;y";é,z\n');
  expect((await written('b.csv', { delimiter: '\t' })).toString()).toBe('a\tb\nx;y\té,z\n');
  expect(gunzipSync(await written('c.csv.gz', { bom: true })).toString()).toBe('\ufeffa,b\nx;y,"é,z"\n');
  expect((await written('d.tsv', { bom: true })).toString()).toBe('\ufeffa\tb\nx;y\té,z\n');
});

test('a style that a format can not have is refused, by its option', async () => {
  for (const [name, style, option] of [
    ['a.jsonl', { bom: true }, '--bom'],
    ['a.xlsx', { delimiter: ';' }, '--out-delimiter'],
    ['a.tsv', { delimiter: ';' }, '--out-delimiter'],
    ['a.parquet', { bom: true, delimiter: ';' }, '--bom (options.bom) and no --out-delimiter'],
  ] as const) {
    const refused = { code: 'option_not_supported', message: expect.stringContaining(option) };
    await expect(written(name, style), name).rejects.toMatchObject(refused);
    await expect(tables.checkWriter(join(folder, name), [], { style }), name).rejects.toMatchObject(refused);
  }
});

test('a place of records refuses every style, by its option', async () => {
  const records = createTestTables({ locations: [createMemoryRecords().kind] });
  for (const [style, option] of [
    [{ bom: true }, '--bom (options.bom)'],
    [{ delimiter: ';' }, '--out-delimiter (options.out_delimiter)'],
    [{ spreadsheetSafe: true }, '--spreadsheet-safe (options.spreadsheet_safe)'],
  ] as const) {
    await expect(records.checkWriter('memory://answers', [], { style })).rejects.toMatchObject({
      code: 'option_not_supported',
      message: expect.stringContaining(`memory://answers keeps a record for each row, which has no ${option}`),
    });
  }
  const without = { bom: false, spreadsheetSafe: false };
  await expect(records.checkWriter('memory://answers', [], { style: without })).resolves.toBeUndefined();
});
