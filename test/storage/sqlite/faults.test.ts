import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import { toStoreFault } from '../../../src/storage/sqlite/store-fault.ts';
import { newBatch, newFolder, startBatch, succeeded } from '../support/store-fixture.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await newFolder();
  path = join(folder, 'rowmill.db');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const open = () => openSqliteStore({ path, now: Date.now, log: createSilentLog() });

async function makeDatabase(change?: string): Promise<void> {
  await (await open()).close();
  if (change === undefined) return;
  const db = new DatabaseSync(path);
  db.exec(change);
  db.close();
}

describe('opening a database', () => {
  it('brings an empty file to the newest schema, in WAL, and opens it again', async () => {
    await writeFile(path, '');
    await makeDatabase();
    const migrations = await readdir(new URL('../../../src/storage/sqlite/migrations', import.meta.url));
    const db = new DatabaseSync(path);
    expect(db.prepare('SELECT user_version, journal_mode FROM pragma_user_version, pragma_journal_mode').get()).toEqual(
      {
        user_version: migrations.length,
        journal_mode: 'wal',
      },
    );
    db.close();
    const store = await open();
    await store.insertBatch(newBatch('bat_1'));
    await store.close();
    const again = await open();
    expect(await again.readBatch('bat_1')).toMatchObject(newBatch('bat_1'));
    await again.close();
  });

  it('migrates once when many open a new file together', async () => {
    const stores = await Promise.all([open(), open(), open(), open()]);
    await Promise.all(stores.map((store, index) => store.insertBatch(newBatch(`bat_${index}`))));
    expect(await stores[0]?.listBatches({ limit: 9 })).toHaveLength(4);
    for (const store of stores) await store.close();
  });

  it('refuses a newer schema with the fix', async () => {
    await makeDatabase('PRAGMA user_version = 99');
    await expect(open()).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringMatching(/newer Rowmill \(schema 99; this version supports up to \d+\)\. Upgrade/),
    });
  });

  it("refuses another program's database and leaves it alone", async () => {
    const foreign = new DatabaseSync(path);
    foreign.exec('CREATE TABLE theirs (a)');
    foreign.close();
    await expect(open()).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('another program'),
    });
    const db = new DatabaseSync(path);
    expect(db.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'theirs' }]);
    db.close();
  });

  it('refuses a file that is no database', async () => {
    await writeFile(path, 'name,address\n'.repeat(500));
    await expect(open()).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining(`${path} is not a database`),
    });
  });

  it.each([0.9, 0.5, 0.01])('refuses one of which only a part is left, and leaves it alone (%s)', async (part) => {
    const store = await open();
    const fence = await startBatch(store, 'bat_1', 2_000);
    await store.releaseLease(fence);
    await store.close();
    const { size } = await stat(path);
    await truncate(path, Math.floor(size * part));
    const left = await readFile(path);
    await expect(open().then((opened) => opened.listBatches({ limit: 9 }))).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringMatching(
        /is damaged\. Restore it from a backup, or set ROWMILL_DATA_DIR|is not a database/,
      ),
    });
    expect(await readFile(path)).toEqual(left);
  });

  it('names the folder that cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    path = join(folder, 'file', 'data', 'rowmill.db');
    await expect(open()).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringMatching(/file\/data could not be created.*ROWMILL_DATA_DIR/),
    });
  });
});

describe('a folder that is read-only', () => {
  const script = fileURLToPath(new URL('../support/open-store.ts', import.meta.url));
  // The superuser writes everywhere, so that the attempt is made as nobody.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const attempt = () => {
    const { stdout, stderr } = spawnSync(process.execPath, [script, path], { ...nobody, encoding: 'utf8' });
    return stdout === '' ? stderr : stdout;
  };

  it('is told apart, with the place and the fix', async () => {
    const data = join(folder, 'data');
    await mkdir(data);
    await chmod(folder, 0o755);
    await chmod(data, 0o555);
    path = join(data, 'rowmill.db');
    expect(attempt()).toBe(
      `store_unavailable: The database ${path} could not be opened. Make its folder writable for this user, ` +
        'or set ROWMILL_DATA_DIR to a folder that is.\n',
    );
    path = join(data, 'below', 'rowmill.db');
    expect(attempt()).toMatch(/^store_unavailable: The folder .*below could not be created \(EACCES/);
    await chmod(data, 0o755);
  });

  it('is told apart from a database file that is read-only', async () => {
    await makeDatabase();
    await chmod(folder, 0o777);
    await chmod(path, 0o444);
    expect(attempt()).toMatch(
      /^store_unavailable: The database .* is read-only\. Make the file and its folder writable/,
    );
  });
});

describe('writing', () => {
  it('waits for another process that holds the lock', async () => {
    const store = await open();
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    let stored = false;
    const insert = store.insertBatch(newBatch('bat_1')).then(() => {
      stored = true;
    });
    // A read of the waiting store shows that the event loop is free and the store answers meanwhile.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(await store.readBatch('bat_1')).toBeUndefined();
    expect(stored).toBe(false);
    other.exec('COMMIT');
    await insert;
    expect(await store.readBatch('bat_1')).toBeDefined();
    other.close();
    await store.close();
  });

  it('gives up on a lock that stays, says so, and goes on when it is gone', async () => {
    const lockAttempts = { reported: 9, usual: 3, long: 9, afterFailure: 9 };
    const store = await openSqliteStore({ path, now: Date.now, log: createSilentLog(), lockAttempts });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const outcomes = await Promise.allSettled(['bat_1', 'bat_2'].map((id) => store.insertBatch(newBatch(id))));
    const message = expect.stringContaining(`${path} is locked by another process`);
    const rejected = { status: 'rejected', reason: { code: 'store_unavailable', retryable: true, message } };
    expect(outcomes).toMatchObject([rejected, rejected]);
    other.exec('ROLLBACK');
    other.close();
    expect(await store.insertBatch(newBatch('bat_1'))).toMatchObject({ inserted: true });
    await store.close();
  });

  it('writes the totals of a batch once for all rows of a turn', async () => {
    const store = await open();
    const fence = await startBatch(store, 'bat_1', 400);
    await store.claimRows(fence, { limit: 400, at: 1 });
    const db = new DatabaseSync(path);
    db.exec(`CREATE TABLE seen (at INTEGER);
      CREATE TRIGGER watch AFTER UPDATE ON batch_totals BEGIN INSERT INTO seen VALUES (1); END`);
    await Promise.all(Array.from({ length: 400 }, (_, row) => store.finishRow(fence, row, succeeded(row))));
    expect(db.prepare('SELECT count(*) AS updates FROM seen').get()).toEqual({ updates: 1 });
    expect((await store.readBatch('bat_1'))?.totals.succeeded).toBe(400);
    db.close();
    await store.close();
  });

  it('rejects the whole turn when a fault ends its transaction, keeps none of it, and goes on', async () => {
    const store = await open();
    const fence = await startBatch(store, 'bat_1', 3);
    await store.claimRows(fence, { limit: 3, at: 1 });
    // A full disk or a disk error may end a transaction in its middle; a trigger does so at will.
    const db = new DatabaseSync(path);
    db.exec(`CREATE TRIGGER fault BEFORE UPDATE ON row_states WHEN new.status = 2 AND new.id % 4294967296 = 1
      BEGIN SELECT RAISE(ROLLBACK, 'the disk broke'); END`);
    const finishAll = () => Promise.allSettled([0, 1, 2].map((row) => store.finishRow(fence, row, succeeded(row))));
    expect((await finishAll()).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect((await store.readBatch('bat_1'))?.totals).toMatchObject({ running: 3, succeeded: 0 });
    db.exec('DROP TRIGGER fault');
    db.close();
    expect((await finishAll()).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect((await store.readBatch('bat_1'))?.totals).toMatchObject({ running: 0, succeeded: 3 });
    await store.close();
  });

  it('tells a full disk from other faults', () => {
    const db = new DatabaseSync(path);
    db.exec('PRAGMA max_page_count = 3; CREATE TABLE filled (a)');
    let thrown: unknown;
    try {
      db.prepare('INSERT INTO filled VALUES (zeroblob(100000))').run();
    } catch (fault) {
      thrown = fault;
    }
    db.close();
    expect(toStoreFault(thrown, path)).toMatchObject({
      code: 'store_unavailable',
      message: `The database ${path} could not grow: the disk is full. Free some space, then resume.`,
    });
  });
});
