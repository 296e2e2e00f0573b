import { writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createSilentLog } from '../../../src/base/log.ts';
import { currentOwner } from '../../../src/storage/lease-owner.ts';
import type { Fence } from '../../../src/storage/leases.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { newBatch, newIntent, newRows, succeeded } from './store-fixture.ts';

/** Run as a process of its own: `store-worker.ts TASK PATH [BATCH]…`. */
const [, , task, path = '', ...batchIds] = process.argv;

function print(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function acquire(store: Store, batchId: string): Promise<Fence> {
  const lease = await store.acquireLease(batchId, currentOwner());
  if (!lease.acquired) throw new Error(`${batchId} is owned by ${lease.owner.pid}`);
  return lease.fence;
}

/** Works rows off 20 at a time and prints each once its outcome is stored, until it is killed or loses its lease. */
async function work(store: Store, batchId: string): Promise<void> {
  await store.insertBatch(newBatch(batchId, { status: 'running' }));
  const fence = await acquire(store, batchId);
  for (let next = 0; ; next += 20) {
    await store.insertRows(fence, newRows(next, 20));
    const rows = await store.claimRows(fence, { limit: 20, at: Date.now() });
    await Promise.all(
      rows.map(async ({ row }) => {
        const intent = newIntent(`${batchId}:${row}:1`);
        await store.writeIntent(intent, fence);
        await store.writeAnswer(
          intent,
          { response: row, usage: null, costMicroUsd: 0.5, requestId: null, at: 1 },
          fence,
        );
        await store.finishRow(fence, row, succeeded(row));
        print(row);
      }),
    );
  }
}

async function contend(store: Store): Promise<void> {
  for (const batchId of batchIds) {
    const lease = await store.acquireLease(batchId, currentOwner());
    print({ batchId, acquired: lease.acquired });
  }
  // Keeps what it has until it is killed.
  setInterval(() => undefined, 60_000);
}

/** Stops in the middle of a write transaction, and commits it when it is continued. */
function stopInTransaction(): void {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE');
  writeSync(1, '"locked"\n');
  process.kill(process.pid, 'SIGSTOP');
  db.exec('COMMIT');
  db.close();
}

const store = await openSqliteStore({ path, now: Date.now, log: createSilentLog() });
try {
  if (task === 'work') await work(store, batchIds[0] ?? 'bat_1');
  else if (task === 'contend') await contend(store);
  else if (task === 'stop-in-transaction') stopInTransaction();
  else throw new Error(`unknown task ${task}`);
} catch (thrown) {
  print({ code: thrown instanceof Error && 'code' in thrown ? thrown.code : String(thrown) });
  await store.close();
}
