import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { createFileCheck } from '../../../src/storage/sqlite/lost-file.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import { newFolder, startBatch } from '../support/store-fixture.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await newFolder();
  path = join(folder, 'rowmill.db');
});
afterEach(() => rm(folder, { recursive: true }));

const open = () => openSqliteStore({ path, now: Date.now, log: createSilentLog() });

it.each([
  ['deleted', async () => rm(path)],
  [
    'replaced',
    async () => {
      await writeFile(`${path}.new`, '');
      await rename(`${path}.new`, path);
    },
  ],
])('a file that was %s under an open database is missed at the next look, and from then on', async (_, lose) => {
  await writeFile(path, '');
  let now = 0;
  const check = createFileCheck(path, () => now);
  await lose();
  check();
  now = 1_000;
  expect(check).toThrow(/was deleted or replaced while it was open/);
  await writeFile(path, '');
  expect(check).toThrow('put the file back from a backup');
});

it('a file that is written to stays the same file', async () => {
  await writeFile(path, '');
  let now = 0;
  const check = createFileCheck(path, () => now);
  for (; now < 10_000; now += 500) {
    await writeFile(path, String(now));
    check();
  }
});

it('refuses to start an empty database beside the changes of one that is missing', async () => {
  const store = await open();
  await startBatch(store, 'bat_1', 10);
  await rm(path);
  await expect(open()).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining('Put the database back from a backup'),
  });
  await store.close();
});
