import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewBatch } from '../../../src/storage/batches.ts';
import type { JournalIntent } from '../../../src/storage/journal.ts';
import type { Fence, LeaseOwner } from '../../../src/storage/leases.ts';
import type { NewRow, RowResult } from '../../../src/storage/rows.ts';
import type { Store } from '../../../src/storage/store.ts';

/** A new folder for one test's database. */
export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'rowmill-store-'));
}

/** A batch as the runner makes it, with what a test wants different. */
export function newBatch(id: string, change: Partial<NewBatch> = {}): NewBatch {
  return {
    id,
    status: 'created',
    pauseReason: null,
    error: null,
    ending: null,
    control: null,
    idempotencyKey: null,
    budgetKey: null,
    plan: { request: { csv_uri: 'in.csv' } },
    settings: {},
    columns: null,
    loadWarnings: [],
    rowLimit: null,
    output: null,
    createdAt: 1_000,
    startedAt: null,
    endedAt: null,
    activeMs: 0,
    activeSince: null,
    ...change,
  };
}

/** An owner on a host that nobody is on, unless a test says otherwise. */
export function newOwner(instance: string, change: Partial<LeaseOwner> = {}): LeaseOwner {
  return { instance, host: 'elsewhere', bootId: 'boot', pid: 1, processStart: '1', ...change };
}

export function newRows(from: number, count: number): NewRow[] {
  return Array.from({ length: count }, (_, index) => ({
    row: from + index,
    line: from + index + 2,
    cells: [`cell ${from + index}`, from + index, null],
  }));
}

export function succeeded(row: number): RowResult {
  return { status: 'succeeded', input: { row }, output: { answer: row }, processingMs: 12.5, endedAt: 3_000 };
}

export function failed(code: 'refused' | 'row_timeout' | 'row_cancelled', message = code as string): RowResult {
  return { status: 'failed', input: null, error: { code, message }, processingMs: 1, endedAt: 3_000 };
}

export function newIntent(run: string, change: Partial<JournalIntent> = {}): JournalIntent {
  return {
    run,
    turn: 0,
    call: 0,
    kind: 'model',
    name: 'model-1',
    request: [{ role: 'user', content: 'hello' }],
    idempotent: true,
    worstMicroUsd: 100.25,
    at: 2_000,
    ...change,
  };
}

/** Inserts a batch, takes its lease and loads rows 0 to `rows`. */
export async function startBatch(store: Store, id: string, rows: number, owner = newOwner('a')): Promise<Fence> {
  await store.insertBatch(newBatch(id, { status: 'running' }));
  const lease = await store.acquireLease(id, owner);
  if (!lease.acquired) throw new Error(`${id} is owned already`);
  if (rows > 0) await store.insertRows(lease.fence, newRows(0, rows));
  return lease.fence;
}
