import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { uniqueNames } from '../../../src/tables/formats/csv/header.ts';
import { faultOf, readAll } from '../../contracts/tables-place.ts';
import { createTestTables } from '../../support/tables.ts';

const MOST = 16_384;

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-hostile-')));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(name: string, text: string) {
  await writeFile(join(folder, name), text);
  return readAll(createTestTables({ roots: [folder] }), join(folder, name));
}

const object = (count: number, from = 0) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${from + index}`, 1])));

it('a header of one name, two hundred thousand times, is read in linear time', () => {
  const { columns } = uniqueNames(new Array(200_000).fill('a'));
  expect(new Set(columns).size).toBe(200_000);
  expect(uniqueNames(['a', 'a_2', 'a', 'a', 'a_2', '']).columns).toEqual([
    'a',
    'a_2',
    'a_3',
    'a_4',
    'a_2_2',
    'column_6',
  ]);
});

it.each([
  ['wide.csv', `${','.repeat(MOST)}\n`],
  ['wide.jsonl', `${object(MOST + 1)}\n`],
  ['growing.jsonl', `${object(MOST)}\n${object(MOST, MOST)}\n`],
  ['blank.csv', `a\nx\n${'\n'.repeat(100_100)}b\n`],
])('%s names more than a table may have', async (name, text) => {
  expect((await faultOf(read(name, text))).code).toBe('table_too_large');
});

it('short lines under very many columns fill no memory', async () => {
  await writeFile(join(folder, 'short.jsonl'), `${object(MOST)}\n${'{}\n'.repeat(2000)}`);
  const reader = join(import.meta.dirname, 'short-lines-process.ts');
  const args = ['--max-old-space-size=64', reader, folder, 'short.jsonl'];
  expect((await promisify(execFile)(process.execPath, args)).stdout).toBe('2001');
});
