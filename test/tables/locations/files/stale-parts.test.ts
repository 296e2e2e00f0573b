import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, realpath, rename, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Tables } from '../../../../src/tables/table.ts';
import { createTestTables, openTable } from '../../../support/tables.ts';

let folder: string;
let tables: Tables;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-stale-')));
  tables = createTestTables({ roots: [folder] });
});
afterAll(() => rm(folder, { recursive: true }));

/** What is written to a table and not finished, in the folder. */
const parts = async () => (await readdir(folder)).filter((name) => name.endsWith('.part'));

/** A process that begins a table and is killed while it writes. */
async function killWriter(name: string): Promise<void> {
  const script = `
    const { createTestTables } = await import(${JSON.stringify(fileURLToPath(new URL('../../../support/tables.ts', import.meta.url)))});
    const tables = createTestTables({ roots: [${JSON.stringify(folder)}] });
    await tables.openWriter(${JSON.stringify(join(folder, name))}, ['a']);
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [, signal] = await once(child, 'close');
  expect(signal).toBe('SIGKILL');
}

async function write(name: string): Promise<void> {
  const writer = await openTable(tables, join(folder, name), ['a'], { overwrite: true });
  await writer.write([['x']]);
  await writer.commit();
}

test('removes what a killed process has left of the same table, and nothing else', async () => {
  const long = `${'ä'.repeat(120)}.csv`;
  await killWriter('one.csv');
  await killWriter('two.csv');
  await killWriter(long);
  const living = await openTable(tables, join(folder, 'one.csv'), ['a'], { overwrite: true });
  expect(await parts()).toHaveLength(3);
  await write('one.csv');
  expect((await parts()).filter((name) => name.startsWith('.one.csv.'))).toHaveLength(1);
  await write(long);
  expect((await parts()).map((name) => name.slice(0, 9)).toSorted()).toEqual(['.one.csv.', '.two.csv.']);
  await living.commit();
  await write('two.csv');
  expect(await parts()).toEqual([]);
});

test('leaves what another host may be writing, until it is silent for a day', async () => {
  const writer = await openTable(tables, join(folder, 'shared.csv'), ['a']);
  const [own = ''] = await parts();
  const foreign = own.replace(/^(\.shared\.csv\.)[0-9a-f]{8}/, '$1deadbeef');
  await rename(join(folder, own), join(folder, foreign));
  await write('shared.csv');
  expect(await parts()).toEqual([foreign]);
  const yesterday = Date.now() / 1000 - 90_000;
  await utimes(join(folder, foreign), yesterday, yesterday);
  await write('shared.csv');
  expect(await parts()).toEqual([]);
  await writer.abort();
});
