import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { currentOwner, uptimeMs } from '../../../src/storage/lease-owner.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { newBatch, newFolder } from '../support/store-fixture.ts';
import { type StoreProcess, startStoreProcess } from '../support/store-process.ts';

let folder: string;
let path: string;
let processes: StoreProcess[];
let stores: Store[];

beforeEach(async () => {
  folder = await newFolder();
  path = join(folder, 'rowmill.db');
  processes = [];
  stores = [];
});
afterEach(async () => {
  for (const { child, end } of processes)
    if (child.exitCode === null && child.signalCode === null) await end('SIGKILL');
  for (const store of stores) await store.close();
  await rm(folder, { recursive: true });
});

function start(task: string, ...batchIds: string[]): StoreProcess {
  const started = startStoreProcess(task, path, ...batchIds);
  processes.push(started);
  return started;
}

async function open(uptime = uptimeMs): Promise<Store> {
  const store = await openSqliteStore({ path, now: Date.now, uptimeMs: uptime, log: createSilentLog() });
  stores.push(store);
  return store;
}

describe('processes on one database', () => {
  it.each([40, 137, 260])('loses no resolved write when killed after %i rows', async (rows) => {
    const worker = start('work', 'bat_1');
    await worker.waitForLines(rows);
    await worker.end('SIGKILL');

    const store = await open();
    const stored = await store.readRows('bat_1', { fromRow: 0, limit: 100_000 });
    const done = new Set(stored.flatMap(({ row, status }) => (status === 'succeeded' ? [row] : [])));
    expect(worker.lines.filter((row) => !done.has(row as number))).toEqual([]);
    expect(stored.map(({ row }) => row)).toEqual(stored.map((_, index) => index));

    const entries = await store.readJournalByPrefix('bat_1:');
    const answered = entries.filter(({ answer }) => answer !== null);
    expect(answered.length).toBeGreaterThanOrEqual(done.size);
    expect((await store.readBatch('bat_1'))?.totals).toMatchObject({
      rows: stored.length,
      succeeded: done.size,
      running: stored.filter(({ status }) => status === 'running').length,
      modelCalls: answered.length,
      costMicroUsd: answered.length * 0.5,
      openCalls: entries.length - answered.length,
      openWorstMicroUsd: (entries.length - answered.length) * 100.25,
    });

    const db = new DatabaseSync(path);
    expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    db.close();
  });

  it('takes the lease of a killed process over at once, and its running rows', async () => {
    const worker = start('work', 'bat_1');
    await worker.waitForLines(20);
    const store = await open();
    expect(await store.listLapsedBatches()).toEqual([]);
    expect(await store.acquireLease('bat_1', currentOwner())).toMatchObject({
      acquired: false,
      owner: { pid: worker.child.pid },
    });
    await worker.end('SIGKILL');
    expect(await store.listLapsedBatches()).toEqual(['bat_1']);
    const lease = await store.acquireLease('bat_1', currentOwner());
    if (!lease.acquired) throw new Error('not acquired');
    await store.returnRunningRows(lease.fence);
    expect((await store.readBatch('bat_1'))?.totals.running).toBe(0);
  });

  it('stops a living process that was silent and taken over: its next write is refused', async () => {
    const worker = start('work', 'bat_1');
    await worker.waitForLines(20);
    const store = await open(() => uptimeMs() + 60_000);
    expect(await store.acquireLease('bat_1', currentOwner())).toMatchObject({ acquired: true });
    const taken = await store.readBatch('bat_1');
    await worker.end();
    expect(worker.lines.at(-1)).toEqual({ code: 'lease_lost' });
    expect(await store.readBatch('bat_1')).toEqual(taken);
  });

  it('gives each of fifty batches to one of two processes that fight for them', async () => {
    const store = await open();
    const ids = Array.from({ length: 50 }, (_, index) => `bat_${index}`);
    for (const id of ids) await store.insertBatch(newBatch(id));
    const rivals = [start('contend', ...ids), start('contend', ...ids)];
    const told = await Promise.all(rivals.map((rival) => rival.waitForLines(ids.length)));
    const acquired = (told.flat() as { batchId: string; acquired: boolean }[]).filter((line) => line.acquired);
    expect(acquired.map(({ batchId }) => batchId).toSorted()).toEqual(ids.toSorted());
  });

  it('sees the batches of another process, which sees its own', async () => {
    const store = await open();
    const workers = [start('work', 'bat_1'), start('work', 'bat_2')];
    await Promise.all(workers.map((worker) => worker.waitForLines(100)));
    await store.updateBatch('bat_1', { control: 'pause' }, {});
    const batches = await store.listBatches({ limit: 9 });
    expect(batches.map(({ id }) => id).toSorted()).toEqual(['bat_1', 'bat_2']);
    for (const { totals } of batches) expect(totals.succeeded).toBeGreaterThanOrEqual(80);
  });

  it('waits for a process that is stopped in a transaction: longer while it drives a batch, with a warning', async () => {
    const warned = Promise.withResolvers<string>();
    const log = createSilentLog();
    log.warn = (_fields: unknown, message?: string) => warned.resolve(message ?? '');
    const lockAttempts = { reported: 4, usual: 2, long: 1_000, afterFailure: 2 };
    const store = await openSqliteStore({ path, now: Date.now, log, lockAttempts });
    stores.push(store);
    const stopped = start('stop-in-transaction');
    await stopped.waitForLines(1);

    await expect(store.insertBatch(newBatch('bat_1'))).rejects.toMatchObject({ code: 'store_unavailable' });
    const endWait = store.waitLonger();
    const insert = store.insertBatch(newBatch('bat_1'));
    expect(await warned.promise).toBe('another process locks the database; waiting for it');
    stopped.child.kill('SIGCONT');
    expect(await insert).toMatchObject({ inserted: true });
    endWait();
    await stopped.end();
  });
});
