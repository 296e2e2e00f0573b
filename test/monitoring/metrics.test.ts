import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createHttpApp } from '../../src/http/app.ts';
import { createMonitoring } from '../../src/monitoring/monitoring.ts';
import { localCaller } from '../../src/runner/contract/caller.ts';
import type { MetricsReport } from '../../src/runner/contract/report/usage.ts';
import type { LedgerReport } from '../../src/runner/contract/service/ledger.ts';
import { httpParts } from '../http/http-parts.ts';
import { echo, startWorld, table, type World } from '../runner/world.ts';
import { NO_ALERTS } from './no-alerts.ts';

interface Page {
  items: LedgerReport[];
  next_cursor: string | null;
}

let world: World;
afterEach(() => world.close());

async function runBatch(): Promise<string> {
  let refusals = 0;
  world = await startWorld({
    respond: (row, context) => {
      if (row['q'] === 'bad') return [{ type: 'text', text: 'no answer' }];
      if (row['q'] === 'late' && refusals < 2) {
        refusals += 1;
        throw new AppError('rate_limited', 'busy', { retryable: true, retryAfterMs: 1 });
      }
      return echo(row, context);
    },
  });
  await world.write('table.csv', table(['a', 'b', 'a', 'bad', 'late', 'a']));
  const id = await world.start({ cache: 'all', concurrency: 1 });
  await world.runner.drive(id);
  await world.runner.retry(id, {});
  await world.runner.drive(id);
  return id;
}

async function get(path: string): Promise<{ status: number; body: MetricsReport & { code: string; detail: string } }> {
  const { store } = world;
  const monitoringOf = () => createMonitoring({ store, now: Date.now, alerts: NO_ALERTS }, localCaller('http'));
  const answer = await createHttpApp({ ...httpParts(), watch: { ...httpParts().watch, monitoringOf } }).request(path);
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

test('the sums over time equal the bill of the batch, with retries, failed attempts and answers from the cache', async () => {
  const id = await runBatch();
  const { totals } = (await world.store.readBatch(id)) ?? {};
  const bill = await world.store.readBill(id);
  const { status, body } = await get('/v1/metrics?bucket=minute&by=batch,way,model');
  expect(status).toBe(200);
  expect(totals?.cachedCalls).toBeGreaterThan(0);
  expect(bill.failed.attempts).toBeGreaterThan(totals?.failed ?? 0);
  expect(body.totals.calls).toBe((totals?.modelCalls ?? 0) + (totals?.cachedCalls ?? 0));
  expect(Math.round(body.totals.cost_usd * 1e6)).toBe(totals?.costMicroUsd);
  expect(Math.round(body.totals.saved_usd * 1e6)).toBe(totals?.savedMicroUsd);
  expect(body.totals).toMatchObject({
    input_tokens: totals?.usage.inputTokens,
    output_tokens: totals?.usage.outputTokens,
    rows_succeeded: bill.succeeded.attempts,
    rows_failed: bill.failed.attempts,
  });
  // The same figures, call by call, page by page.
  const calls: LedgerReport[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { items, next_cursor } = (await get(`/v1/ledger?limit=3&batch_id=${id}${page}`)).body as unknown as Page;
    calls.push(...items);
    cursor = next_cursor;
  }
  const sum = (of: (call: LedgerReport) => number) => calls.reduce((total, call) => total + of(call), 0);
  expect(calls).toHaveLength(body.totals.calls);
  expect(sum((call) => Math.round((call.cost_usd ?? 0) * 1e6))).toBe(totals?.costMicroUsd);
  expect(sum((call) => Math.round(call.saved_usd * 1e6))).toBe(totals?.savedMicroUsd);
  expect(sum((call) => call.input_tokens)).toBe(totals?.usage.inputTokens);
  expect(new Set(body.items.map(({ batch_id }) => batch_id))).toEqual(new Set([id]));
  expect(new Set(body.items.map(({ way }) => way))).toEqual(new Set(['realtime', 'cache', 'row']));
});

test('names the limit when a period has too many buckets, and an unknown field', async () => {
  world = await startWorld();
  const many = await get('/v1/metrics?bucket=minute&from=2026-01-01&to=2026-11-01');
  expect([many.status, many.body.detail]).toEqual([400, expect.stringContaining('at most 10000')]);
  expect((await get('/v1/metrics?by=colour')).status).toBe(400);
  expect((await get('/v1/metrics?from=2026-02-01&to=2026-01-01')).status).toBe(400);
  expect((await get('/v1/metrics')).body).toMatchObject({ items: [], totals: { calls: 0, cost_usd: 0 } });
});
