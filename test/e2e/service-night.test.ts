import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject } from '../../src/protocol/messages.ts';
import type { LedgerReport } from '../../src/runner/contract/service/ledger.ts';
import type { SavingsReport } from '../../src/runner/contract/service/savings.ts';
import { BATCH_PROVIDERS, type BatchProvider, type BatchSite, createBatchSite, PRICE, wordOf } from './batch-site.ts';
import { type RowmillProcess, until } from './rowmill-process.ts';

const JOBS = 10_000;
const CALL_USD = (100 * PRICE.input + 20 * PRICE.output) / 1e6;

let site: BatchSite;
let url: string;
let serving: RowmillProcess;
beforeAll(async () => {
  site = await createBatchSite(BATCH_PROVIDERS[0] as BatchProvider, { rows: 5, lastsMs: 2_000 });
  url = `http://127.0.0.1:${await freePort()}`;
});
afterAll(() => site.close());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function serve(): Promise<void> {
  serving = site.rowmill('serve', '--port', new URL(url).port);
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(isReady, 'a server', { by: serving });
}

async function kill(): Promise<void> {
  serving.child.kill('SIGKILL');
  await serving.ended;
}

async function call<Body>(path: string, body?: string, headers: Record<string, string> = {}): Promise<Body> {
  const method = body === undefined ? 'GET' : 'POST';
  const given = { method, headers: { 'content-type': 'application/json', ...headers } };
  const answer = await fetch(`${url}${path}`, { ...given, ...(body !== undefined && { body }) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Body;
}

const waiting = async () => {
  const { items } = await call<{ items: { waiting: number }[] }>('/v1/queues');
  return items.reduce((sum, queue) => sum + queue.waiting, 0);
};

/** All calls of a batch in the ledger, page by page. */
async function ledgerOf(batch: string): Promise<LedgerReport[]> {
  const calls: LedgerReport[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: { items: LedgerReport[]; next_cursor: string | null } = await call(
      `/v1/ledger?limit=1000&batch_id=${batch}${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    calls.push(...page.items);
    cursor = page.next_cursor;
  }
  return calls;
}

const priorityOf = (index: number) => (index % 10) + 1;

test('10,000 jobs of mixed priorities, two kills, one night: each is run once, and the savings equal the ledger', async () => {
  const lines = Array.from({ length: JOBS }, (_, index) =>
    JSON.stringify({ agent: 'echo', input: { word: `word-${index}` }, priority: priorityOf(index) }),
  ).join('\n');
  const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': 'night' };
  await serve();
  const cut = call('/v1/jobs/bulk', lines, headers).catch(() => undefined);
  await until(async () => (await waiting()) > 0, 'the first jobs', { by: serving });
  await kill();
  await cut;

  await serve();
  const added = await call<{ items: { repeated: boolean }[] }>('/v1/jobs/bulk', lines, headers);
  expect(added.items).toHaveLength(JOBS);
  expect(await waiting()).toBe(JOBS);
  const { items } = await call<{ items: { batch_id: string; jobs: number }[] }>(
    '/v1/queues/process',
    JSON.stringify({ max_cost_usd: 100, mode: 'batch' }),
  );
  expect(items).toMatchObject([{ jobs: JOBS }]);
  const batch = items[0]?.batch_id ?? '';
  await until(() => site.server.jobs.length > 0, 'a job at the provider', { by: serving });
  await kill();

  await serve();
  const report = () => call<JsonObject>(`/v1/batches/${batch}`);
  await until(async () => (await report())['status'] === 'completed', 'the end', { by: serving, timeoutMs: 120_000 });
  expect((await report())['counts']).toMatchObject({ succeeded: JOBS, failed: 0 });
  const sent = site.server.jobs.flatMap(({ items: own }) => own.map(({ request }) => wordOf(request)));
  const all = [...site.server.realtime.map(wordOf), ...sent];
  expect(new Set(all).size).toBe(JOBS);
  expect(all).toHaveLength(JOBS);
  const priorities = sent.map((word) => priorityOf(Number(word.slice('word-'.length))));
  expect(priorities).toEqual(priorities.toSorted((a, b) => b - a));

  const calls = await ledgerOf(batch);
  const micro = (usd: number | null) => Math.round((usd ?? Number.NaN) * 1e6);
  const sum = (pick: (one: LedgerReport) => number | null) => calls.reduce((total, one) => total + micro(pick(one)), 0);
  const { totals } = await call<SavingsReport>('/v1/savings?by=batch');
  expect(calls).toHaveLength(JOBS);
  expect([micro(totals.cost_usd), micro(totals.saved_usd)]).toEqual([
    sum((one) => one.cost_usd),
    sum((one) => one.saved_usd),
  ]);
  expect(totals.cost_usd + totals.saved_usd).toBeCloseTo(JOBS * CALL_USD, 9);
  expect(totals.saved_usd).toBeCloseTo((sent.length * CALL_USD) / 2, 9);
}, 240_000);

test('twenty batches at once end, and the report of the night names them', async () => {
  const request = { csv_uri: `${site.folder}/table.csv`, target: { name: 'echo' }, output_uri: '-' };
  const options = { mode: 'realtime', max_cost_usd: 1 };
  const started = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      call<{ batch_id: string }>('/v1/batches', JSON.stringify({ ...request, name: `n${index}`, options })),
    ),
  );
  const ended = async () => {
    const { items } = await call<{ items: JsonObject[] }>('/v1/batches?limit=50&status=completed');
    return items.length === 21;
  };
  await until(ended, 'twenty ends', { by: serving, timeoutMs: 60_000 });
  expect(new Set(started.map(({ batch_id }) => batch_id)).size).toBe(20);
  const text = async (format: string) => (await fetch(`${url}/v1/reports?format=${format}`)).text();
  expect(await text('markdown')).toMatch(/^# [\s\S]*echo/);
  expect(await text('html')).toMatch(/^<!doctype html>[\s\S]*echo/i);
}, 120_000);
