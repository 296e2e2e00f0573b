import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createSilentLog } from '../src/base/log.ts';
import type { BatchRecord } from '../src/storage/batches.ts';
import { currentOwner } from '../src/storage/lease-owner.ts';
import type { Fence } from '../src/storage/leases.ts';
import type { RowRecord } from '../src/storage/rows.ts';
import { openSqliteStore } from '../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../src/storage/store.ts';

/**
 * `node bench/store.ts [ROWS]`: operations a second of the store with ROWS rows in it (default 1,000,000). Each figure
 * stands beside a bare one of SQLite or of an empty batch, which shows how fast the machine is.
 */
const ROWS = Number(process.argv[2] ?? 1_000_000);
const WORKED = Math.min(ROWS / 4, 50_000);
const CONCURRENCY = 400;
const CELLS = ['12 High Street', 'Ambleford', 'AB1 2CD', 'x'.repeat(120)];

/** Operations a second of wall-clock and of processor time; the latter is comparable on a busy machine. */
interface Speed {
  perSecond: number;
  cpuUs: number;
}

function print(what: string, { perSecond, cpuUs }: Speed, beside?: { name: string; speed: Speed }): void {
  const figures = [
    what.padEnd(46),
    `${Math.round(perSecond).toLocaleString('en').padStart(9)}/s`,
    `${cpuUs.toFixed(1).padStart(7)} µs CPU`,
  ];
  if (beside !== undefined) figures.push(`${(cpuUs / beside.speed.cpuUs).toFixed(2)} × ${beside.name}`);
  process.stdout.write(`${figures.join('  ')}\n`);
}

async function measure(count: number, work: () => unknown): Promise<Speed> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const perSecond = count / ((performance.now() - started) / 1_000);
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond, cpuUs: (user + system) / count };
}

function bareInserts(path: string): Promise<Speed> {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 10000');
  db.exec('CREATE TABLE bare (id INTEGER PRIMARY KEY, line INTEGER, cells TEXT) STRICT');
  const insert = db.prepare('INSERT INTO bare VALUES (?, ?, ?)');
  return measure(ROWS, () => {
    for (let row = 0; row < ROWS; ) {
      db.exec('BEGIN IMMEDIATE');
      for (const end = row + 1_000; row < end; row++) insert.run(row, row, JSON.stringify(CELLS));
      db.exec('COMMIT');
    }
    db.close();
  });
}

async function startBatch(store: Store, id: string): Promise<Fence> {
  const usage = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };
  const none = { rows: 0, queued: 0, running: 0, succeeded: 0, failed: 0, modelCalls: 0, toolCalls: 0, usage };
  const cached = { cachedCalls: 0, savedMicroUsd: 0, unpricedCachedCalls: 0, batchCalls: 0, discountMicroUsd: 0 };
  const totals = { ...none, ...cached, costMicroUsd: 0, unpricedCalls: 0, openCalls: 0, openWorstMicroUsd: 0 };
  const unset = {
    pauseReason: null,
    error: null,
    ending: null,
    control: null,
    idempotencyKey: null,
    budgetKey: null,
    columns: null,
  };
  const unknown = {
    rowLimit: null,
    limitsPlaces: false,
    output: null,
    intake: null,
    delivers: false,
    startedAt: null,
    endedAt: null,
    activeSince: null,
    owner: null,
  };
  const batch: BatchRecord = {
    ...{ id, status: 'running', plan: {}, settings: {}, loadWarnings: [], createdAt: 1, activeMs: 0 },
    ...unset,
    ...unknown,
    totals,
  };
  await store.insertBatch(batch);
  const lease = await store.acquireLease(id, currentOwner());
  if (!lease.acquired) throw new Error(`${id} is owned`);
  return lease.fence;
}

async function insertRows(store: Store, fence: Fence, count: number): Promise<void> {
  for (let from = 0; from < count; from += 1_000) {
    const rows = Array.from({ length: 1_000 }, (_, at) => ({ row: from + at, line: from + at + 2, cells: CELLS }));
    await store.insertRows(fence, rows);
  }
}

/** A worker of a batch: claims one row at a time and ends it, with or without a model call in the journal. */
async function workRows(store: Store, fence: Fence, count: number, withJournal: boolean): Promise<void> {
  let left = count;
  async function finish({ row }: RowRecord): Promise<void> {
    if (withJournal) {
      const key = { run: `${fence.batchId}:${row}:1`, turn: 0, call: 0 };
      const request = [{ role: 'user', content: 'x'.repeat(700) }];
      const intent = { ...key, kind: 'model' as const, name: 'm', request, idempotent: true, worstMicroUsd: 9, at: 1 };
      await store.writeIntent(intent, fence);
      const usage = { inputTokens: 900, outputTokens: 80, cacheWriteTokens: 0, cacheReadTokens: 0 };
      const response = { content: [{ type: 'text', text: 'x'.repeat(700) }] };
      await store.writeAnswer(key, { response, usage, costMicroUsd: 1.3, requestId: 'r', at: 2 }, fence);
    }
    const output = { exchange: 'Ambleford', download: 67.5, upload: 12, note: 'x'.repeat(60) };
    await store.finishRow(fence, row, { status: 'succeeded', input: { a: 1 }, output, processingMs: 9, endedAt: 9 });
  }
  async function worker(): Promise<void> {
    while (left > 0) {
      left--;
      const rows = await store.claimRows(fence, { limit: 1, at: 1 });
      for (const row of rows) await finish(row);
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

/** Milliseconds of the slowest of ten. */
async function slowest(work: () => Promise<unknown>): Promise<string> {
  const times: number[] = [];
  for (let time = 0; time < 10; time++) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return `${Math.max(...times).toFixed(1)} ms`;
}

const folder = await mkdtemp(join(tmpdir(), 'rowmill-bench-'));
try {
  const bare = { name: 'bare inserts', speed: await bareInserts(join(folder, 'bare.db')) };
  print('bare inserts of one table', bare.speed);
  const path = join(folder, 'rowmill.db');
  const store = await openSqliteStore({ path, now: Date.now, log: createSilentLog() });

  const warm = await startBatch(store, 'bat_warm');
  await insertRows(store, warm, 20_000);
  await workRows(store, warm, 20_000, true);
  const small = await startBatch(store, 'bat_small');
  await insertRows(store, small, WORKED);
  const empty = await measure(WORKED, () => workRows(store, small, WORKED, false));

  const large = await startBatch(store, 'bat_large');
  print('rows inserted', await measure(ROWS, () => insertRows(store, large, ROWS)), bare);
  print(`claim + finish, ${WORKED.toLocaleString('en')} rows in the batch`, empty);
  const name = 'the small batch';
  const plain = await measure(WORKED, () => workRows(store, large, WORKED, false));
  print(`claim + finish, ${ROWS.toLocaleString('en')} rows in the batch`, plain, { name, speed: empty });
  const journaled = await measure(WORKED, () => workRows(store, large, WORKED, true));
  print('claim + intent + answer + finish', journaled, { name: 'without a journal', speed: plain });

  const page = { status: 'failed' as const, fromRow: 0, limit: 50 };
  process.stdout.write(`readBatch, slowest of ten: ${await slowest(() => store.readBatch('bat_large'))}\n`);
  process.stdout.write(`readFailures: ${await slowest(() => store.readFailures('bat_large'))}\n`);
  process.stdout.write(
    `readRows, 50 of a status that no row has: ${await slowest(() => store.readRows('bat_large', page))}\n`,
  );
  const { rss } = process.memoryUsage();
  await store.close();
  const { size } = await stat(path);
  process.stdout.write(`database ${Math.round(size / 1e6)} MB, resident memory ${Math.round(rss / 1e6)} MB\n`);
} finally {
  await rm(folder, { recursive: true });
}
