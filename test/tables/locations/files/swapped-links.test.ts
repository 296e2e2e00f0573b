import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toAppError } from '../../../../src/base/errors.ts';
import type { Tables } from '../../../../src/tables/table.ts';
import { createTestTables, openTable } from '../../../support/tables.ts';

let folder: string;
let inside: string;
let outside: string;
let tables: Tables;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-swap-')));
  inside = join(folder, 'inside');
  outside = join(folder, 'outside');
  await mkdir(inside);
  await mkdir(outside);
  tables = createTestTables({ roots: [inside] });
});
afterEach(() => rm(folder, { recursive: true }));

/** Swaps a file for a link, under one name that always exists. Arguments: the name, the file, the link's target. */
const SWAP_FILE = `
  const { linkSync, renameSync, symlinkSync } = require('node:fs');
  const [, name, file, target] = process.argv;
  for (let turn = 0; ; turn += 1) {
    if (turn % 2 === 0) linkSync(file, name + '.next');
    else symlinkSync(target, name + '.next');
    renameSync(name + '.next', name);
    if (turn === 0) process.stdout.write('ready');
  }`;

/** Swaps a folder for a link. A folder that the writer created in the meantime is put aside. Arguments as above. */
const SWAP_FOLDER = `
  const { mkdirSync, renameSync, symlinkSync } = require('node:fs');
  const [, name, aside, target] = process.argv;
  for (let turn = 0; ; turn += 1) {
    try {
      if (turn % 2 === 0) mkdirSync(name);
      else symlinkSync(target, name);
    } catch {}
    try { renameSync(name, aside + turn); } catch {}
    if (turn === 0) process.stdout.write('ready');
  }`;

/** Runs `work` while another process runs a script, as fast as it can. */
async function whileRunning(script: string, args: string[], work: () => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['-e', script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  try {
    await once(child.stdout, 'data');
    await work();
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

/** The first cell of a table, or the code of the fault. */
async function firstCell(uri: string): Promise<string> {
  try {
    const source = await tables.openSource(uri);
    try {
      for await (const [row] of source.rows()) return String(row?.cells[0]);
      return 'no rows';
    } finally {
      await source.close();
    }
  } catch (thrown) {
    return toAppError(thrown).code;
  }
}

test('a link that takes the place of a source while it is opened is never followed outside', async () => {
  const uri = join(inside, 'table.csv');
  const secret = join(outside, 'secret.csv');
  const open = join(inside, 'public.csv');
  await writeFile(secret, 'word\nsecret\n');
  await writeFile(open, 'word\npublic\n');
  const seen = new Set<string>();
  await whileRunning(SWAP_FILE, [uri, open, secret], async () => {
    for (let tries = 0; tries < 1500; tries += 1) seen.add(await firstCell(uri));
  });
  expect([...seen].toSorted()).toEqual(['file_not_allowed', 'public']);
});

test('a link that takes the place of a folder while a table is written leads no file outside', async () => {
  const way = join(inside, 'way');
  const codes = new Set<string>();
  await mkdir(join(folder, 'aside'));
  await whileRunning(SWAP_FOLDER, [way, join(folder, 'aside', 'was-'), outside], async () => {
    for (let tries = 0; tries < 400; tries += 1) codes.add(await write(join(way, `${tries}.csv`)));
  });
  expect(await readdir(outside)).toEqual([]);
  expect([...codes]).not.toContain('internal');
});

/** Writes a table; gives back `written` or the code of the fault. */
async function write(uri: string): Promise<string> {
  try {
    const writer = await openTable(tables, uri, ['word']);
    await writer.write([['x']]);
    await writer.commit();
    return 'written';
  } catch (thrown) {
    return toAppError(thrown).code;
  }
}
