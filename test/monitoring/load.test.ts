import { afterEach, expect, test } from 'vitest';
import { percentileOf, sizeOfTime, timeOfSize } from '../../src/base/time-sizes.ts';
import { createHttpApp } from '../../src/http/app.ts';
import { sampleOnce } from '../../src/monitoring/keep-samples.ts';
import { createMonitoring } from '../../src/monitoring/monitoring.ts';
import { localCaller } from '../../src/runner/contract/caller.ts';
import { httpParts } from '../http/http-parts.ts';
import { type JobsWorld, job, startJobsWorld } from '../jobs/jobs-world.ts';
import { newBatch, newIntent, newOwner } from '../storage/support/store-fixture.ts';
import { NO_ALERTS } from './no-alerts.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-29T02:00:00Z');

let world: JobsWorld;
afterEach(() => world?.close());

async function get(path: string, now = START + 60 * MINUTE) {
  const { store } = world;
  const lanes = () => [
    { provider: 'anthropic', model: 'haiku', state: 'cooling' as const, waitMs: 1_500, inFlight: 3, waiting: 2 },
  ];
  const monitoringOf = () => createMonitoring({ store, lanes, now: () => now, alerts: NO_ALERTS }, localCaller('http'));
  const app = createHttpApp({ ...httpParts(), watch: { ...httpParts().watch, monitoringOf } });
  return JSON.parse(await (await app.request(path)).text());
}

/** Calls of one batch, each with the time that it took; the odd ones went through a batch API where `standard` is set. */
async function answer(calls: readonly { at: number; tookMs: number; standard?: number }[]): Promise<void> {
  const { store } = world;
  await store.insertBatch(newBatch('bat_a', { status: 'running', plan: { agent: { name: 'a' } } }));
  const lease = await store.acquireLease('bat_a', newOwner('a'));
  const fence = lease.acquired ? lease.fence : { batchId: 'bat_a', epoch: -1 };
  for (const [turn, { at, tookMs, standard }] of calls.entries()) {
    await store.writeIntent(newIntent('bat_a/0/1', { turn, at: at - tookMs }), fence);
    const costs = { input: 1, output: 0, cacheWrite: 0, cacheRead: 0 };
    await store.writeAnswer(
      { run: 'bat_a/0/1', turn, call: 0 },
      {
        ...{ response: {}, usage: null, costMicroUsd: 1, requestId: null, at, billed: { model: 'm', costs } },
        ...(standard !== undefined && { standardMicroUsd: standard }),
      },
      fence,
    );
  }
}

test('a class of times gives its middle to within 10 percent, from a hundredth of a second to two hours', () => {
  for (let ms = 10; ms < 7_200_000; ms *= 1.03) {
    const found = timeOfSize(sizeOfTime(ms)) / ms;
    expect(Math.abs(found - 1), `${ms}`).toBeLessThan(0.1);
  }
  expect([sizeOfTime(0), sizeOfTime(-5), sizeOfTime(1e12)]).toEqual([0, 0, 79]);
  expect(percentileOf([], 0.5)).toBeNull();
});

test('times of calls have percentiles by bucket, without those of a batch API', async () => {
  world = await startJobsWorld();
  const slow = Array.from({ length: 10 }, () => ({ at: START + 30_000, tookMs: 8_000 }));
  const quick = Array.from({ length: 90 }, () => ({ at: START + 20_000, tookMs: 400 }));
  await answer([...quick, ...slow, { at: START + MINUTE, tookMs: 100 }, { at: START, tookMs: 3_600_000, standard: 2 }]);
  const { items, totals } = await get('/v1/load?bucket=minute');
  expect(items).toHaveLength(2);
  expect(items[0]).toMatchObject({ at: '2026-11-29T02:00:00.000Z', calls: 100, waiting_jobs: null });
  expect(Math.abs(items[0].p50_seconds / 0.4 - 1)).toBeLessThan(0.1);
  expect(Math.abs(items[0].p95_seconds / 8 - 1)).toBeLessThan(0.1);
  expect(items[1]).toMatchObject({ calls: 1, p50_seconds: items[1].p95_seconds });
  expect(totals.calls).toBe(101);
  expect((await get('/v1/load?bucket=hour')).items).toMatchObject([{ calls: 101 }]);
});

test('what waits is noted, the most of a bucket is shown, and folding changes neither', async () => {
  world = await startJobsWorld();
  const { store, clock } = world;
  const ids = await world.jobs.enqueue([job('a'), job('b'), job('c')]);
  await sampleOnce(store, clock.now + 5_000);
  await world.jobs.cancel(ids[0]?.job_id ?? '');
  await sampleOnce(store, clock.now + 30_000);
  await sampleOnce(store, clock.now + MINUTE);
  await answer([START + 10_000, START + 20_000, START + 90_000].map((at) => ({ at, tookMs: 900 })));
  const before = await get('/v1/load?bucket=hour');
  const minutes = (await get('/v1/load?bucket=minute')).items;
  expect(minutes.map((one: { waiting_jobs: number }) => one.waiting_jobs)).toEqual([3, 2]);
  expect(minutes[0]).toMatchObject({ oldest_seconds: 30, waiting_rows: 0 });
  expect(before.items).toMatchObject([{ waiting_jobs: 3, oldest_seconds: 60, calls: 3 }]);
  while (await store.foldUsage({ minutes: START + 24 * 60 * MINUTE, hours: 0 }));
  const after = await get('/v1/load?bucket=hour');
  expect(after.items).toEqual(before.items.map((one: object) => ({ ...one, seconds: 3_600 })));
});

test('the calls of a period are those whose sums the period has', async () => {
  world = await startJobsWorld();
  await answer(Array.from({ length: 30 }, (_, index) => ({ at: START + index * MINUTE, tookMs: 10 })));
  const period = 'from=2026-11-29T02:05:00Z&to=2026-11-29T02:15:00Z';
  const { totals } = await get(`/v1/metrics?bucket=minute&${period}`);
  const first = await get(`/v1/ledger?batch_id=bat_a&limit=7&${period}`);
  const second = await get(`/v1/ledger?batch_id=bat_a&limit=7&${period}&cursor=${first.next_cursor}`);
  const calls = [...first.items, ...second.items];
  expect(calls).toHaveLength(totals.calls);
  expect(calls.map(({ turn }: { turn: number }) => turn)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  expect(second.next_cursor).toBeNull();
  expect((await get('/v1/metrics?bucket=quarter_hour')).items).toMatchObject([{ calls: 15 }, { calls: 15 }]);
});

test('the calls outside of batches are listed without a batch, and sum to their line of the metrics', async () => {
  world = await startJobsWorld();
  const { store } = world;
  await answer([{ at: START, tookMs: 10 }]);
  const costs = { input: 1, output: 0, cacheWrite: 0, cacheRead: 0 };
  for (const [index, run] of ['conv_a:0', 'conv_a:2', 'try_b', 'baa', 'ba'].entries()) {
    const at = START + index * MINUTE;
    await store.writeIntent(newIntent(run, { turn: 0, at }));
    const given = { response: {}, usage: null, costMicroUsd: 10 + index, requestId: null, at };
    await store.writeAnswer({ run, turn: 0, call: 0 }, { ...given, billed: { model: 'm', costs } });
  }
  const first = await get('/v1/ledger?limit=3');
  const second = await get(`/v1/ledger?limit=3&cursor=${first.next_cursor}`);
  const calls = [...first.items, ...second.items];
  expect(calls.map(({ run }: { run: string }) => run)).toEqual(['conv_a:0', 'conv_a:2', 'try_b', 'baa', 'ba']);
  expect(second.next_cursor).toBeNull();
  const sum = calls.reduce((total: number, call: { cost_usd: number }) => total + Math.round(call.cost_usd * 1e6), 0);
  const { items } = await get('/v1/metrics?bucket=minute&by=batch');
  const outside = items.filter((item: { batch_id: string }) => item.batch_id === '');
  const added = (of: (item: { cost_usd: number; calls: number }) => number) =>
    outside.reduce((total: number, item: { cost_usd: number; calls: number }) => total + of(item), 0);
  expect([sum, calls.length]).toEqual([added((item) => Math.round(item.cost_usd * 1e6)), added((item) => item.calls)]);
  expect((await get('/v1/ledger?from=2026-11-29T02:03:00Z')).items).toHaveLength(2);
});

test('the dashboard has the lanes of the process', async () => {
  world = await startJobsWorld();
  const lane = { provider: 'anthropic', model: 'haiku', state: 'cooling', wait_seconds: 2, in_flight: 3, waiting: 2 };
  expect((await get('/v1/dashboard')).lanes).toEqual([lane]);
});
