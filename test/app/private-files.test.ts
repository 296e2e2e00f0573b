import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makePrivate } from '../../src/app/private-files.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';

let dataDir: string;
let modes: () => Record<string, string>;
beforeEach(() => {
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'rowmill-modes-')));
  chmodSync(dataDir, 0o755);
  mkdirSync(join(dataDir, 'results'), { mode: 0o755 });
  for (const name of ['rowmill.db', 'rowmill.db-wal', 'runner.log', 'confirmation.key', 'notes.txt', 'elsewhere']) {
    writeFileSync(join(dataDir, name), '', { mode: 0o644 });
    chmodSync(join(dataDir, name), 0o644);
  }
  symlinkSync(join(dataDir, 'elsewhere'), join(dataDir, 'rowmill.db-shm'));
  const names = ['.', 'results', 'rowmill.db', 'rowmill.db-wal', 'runner.log', 'confirmation.key'];
  modes = () =>
    Object.fromEntries(
      [...names, 'notes.txt', 'elsewhere'].map((name) => [
        name,
        (statSync(join(dataDir, name)).mode & 0o777).toString(8),
      ]),
    );
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const OWN = { results: '700', 'rowmill.db': '600', 'rowmill.db-wal': '600', 'runner.log': '600' };
const KEPT = { 'confirmation.key': '600', 'notes.txt': '644', elsewhere: '644' };

test('an existing data directory and the files of Rowmill in it become private', () => {
  makePrivate({ dataDir, fileRoots: ['/somewhere/else'] }, createSilentLog());
  expect(modes()).toEqual({ '.': '700', ...OWN, ...KEPT });
});

test('a data directory that is also a folder of tables keeps its mode', () => {
  makePrivate({ dataDir, fileRoots: [dataDir] }, createSilentLog());
  expect(modes()).toEqual({ '.': '755', ...OWN, ...KEPT });
  makePrivate({ dataDir, fileRoots: [join(dataDir, 'tables')] }, createSilentLog());
  expect(modes()['.']).toBe('755');
});

test('a new database can be read by its user only, with its log', async () => {
  const path = join(dataDir, 'new', 'rowmill.db');
  const store = await openSqliteStore({ path, now: Date.now, log: createSilentLog() });
  try {
    const modeOf = (name: string) => (statSync(name).mode & 0o777).toString(8);
    expect([join(dataDir, 'new'), path, `${path}-wal`].map(modeOf)).toEqual(['700', '600', '600']);
  } finally {
    await store.close();
  }
});
