import { copyFile, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { createByteLocations } from '../../../src/tables/locations/byte-locations.ts';
import { createFileStore } from '../../../src/tables/locations/files/file-locations.ts';
import type { Tables } from '../../../src/tables/table.ts';
import { createTables } from '../../../src/tables/tables.ts';
import { faultOf } from '../../contracts/tables-place.ts';
import { openTable } from '../../support/tables.ts';

let folder: string;
let store: Store;
let tables: Tables;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-written-')));
  store = await openSqliteStore({ path: join(folder, '.data', 'rowmill.db'), now: Date.now, log: createSilentLog() });
  const written = { record: store.recordWritten, find: store.findWritten, writerOf: store.readWriter };
  const locations = [createByteLocations(createFileStore(), { written })];
  tables = createTables({ roots: [folder], locations, log: createSilentLog() });
  await writeFile(join(folder, 'people.csv'), 'word\nAnn\n');
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

async function write(name: string): Promise<void> {
  const writer = await openTable(tables, join(folder, name), ['word', '_status']);
  await writer.write([['Ann', 'SUCCESS']]);
  await writer.commit();
}

async function opened(pattern: string): Promise<{ files: string[]; warnings: string[] }> {
  const source = await tables.openSource(join(folder, pattern));
  await source.close();
  return {
    files: (source.parts?.() ?? []).map(({ name }) => name),
    warnings: source.warnings().map(({ message }) => message),
  };
}

test('a pattern leaves out what Rowmill wrote, and says so', async () => {
  await write('people.greeter.csv');
  const left = ['1 table that Rowmill wrote is left out: people.greeter.csv. To run over one, name it.'];
  expect(await opened('*.csv')).toEqual({ files: ['people.csv'], warnings: left });
  expect(await opened('')).toEqual({ files: ['people.csv'], warnings: left });
  expect((await opened('people.greeter.csv')).warnings).toEqual([]);
});

test('it knows a table that was renamed or edited, but not a copy', async () => {
  await write('one.csv');
  await write('two.csv');
  await rename(join(folder, 'one.csv'), join(folder, 'renamed.csv'));
  await writeFile(join(folder, 'two.csv.next'), 'word,_status\nBob,SUCCESS\n');
  await rename(join(folder, 'two.csv.next'), join(folder, 'two.csv'));
  expect((await opened('*.csv')).files).toEqual(['people.csv']);
  await rm(join(folder, 'people.csv'));
  await copyFile(join(folder, 'renamed.csv'), join(folder, 'copy.csv'));
  expect((await opened('*.csv')).files).toEqual(['copy.csv']);
});

test('a pattern of nothing else is refused with the fix', async () => {
  await write('one.csv');
  await write('two.csv');
  await rm(join(folder, 'people.csv'));
  const fault = await faultOf(tables.openSource(join(folder, '*.csv')));
  expect(fault.code).toBe('file_not_found');
  expect(fault.message).toContain('holds only tables that Rowmill wrote (one.csv, two.csv)');
});
