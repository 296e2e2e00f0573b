import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startCutProxy } from '../support/cut-proxy.ts';
import { createFleetSite, type FleetSite, type OwnRedis, REDIS_URL, startRedis } from './fleet-site.ts';
import { type RowmillProcess, until } from './rowmill-process.ts';
import { expectedTable, tableOf } from './two-turn-site.ts';

const onRedis = test.skipIf(REDIS_URL === undefined);
vi.setConfig({ testTimeout: 120_000 });

let site: FleetSite;
let redis: OwnRedis;
beforeEach(async () => {
  if (REDIS_URL !== undefined) redis = await startRedis();
});
afterEach(async () => {
  await site?.close();
  await redis?.close();
});

const startSite = async (rows: number, seed: number) => {
  site = await createFleetSite(redis.url, { rows, latencyMs: [20, 60], seed });
};
const paid = () => site.modelCalls.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0) / 1e6;
const idOf = async (run: RowmillProcess) => {
  await until(async () => (await site.done()) > 10, 'rows that are done', { by: run });
  return (await site.store.listBatches({ limit: 1 }))[0]?.id ?? '';
};

onRedis('a paused batch sends nothing more, and its resume repeats nothing', async () => {
  await startSite(150, 3);
  await Promise.all([site.worker('w1', '--concurrency', '4'), site.worker('w2', '--concurrency', '4')]);
  const run = site.run();
  const id = await idOf(run);
  const { json: paused } = await site.rowmill('batches', 'pause', id, '--json').ended;
  expect(paused).toMatchObject({ status: 'paused', counts: { running: 0, failed: 0 } });
  await run.ended;
  // All that was sent is answered and stored.
  expect(site.modelCalls).toHaveLength(paused?.model_calls ?? -1);
  expect(site.modelCalls.length).toBeLessThan(300);
  expect(await site.json('batches', 'resume', id)).toMatchObject({ status: 'completed', counts: { succeeded: 150 } });
  expect(site.modelCalls).toHaveLength(300);
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
});

onRedis('two workers together never pass the cap', async () => {
  await startSite(150, 4);
  await Promise.all([site.worker('w1', '--concurrency', '8'), site.worker('w2', '--concurrency', '8')]);
  const cap = 0.012;
  const { code, json } = await site.run('--max-cost', `${cap}`).ended;
  expect(json).toMatchObject({ status: 'paused', pause_reason: 'budget' });
  expect(code).toBe(4);
  expect(paid()).toBeLessThanOrEqual(cap);
  expect(json?.cost_usd_at_most).toBeLessThanOrEqual(cap);
  // Half of it at least was used: the cap is what stopped the batch.
  expect(paid()).toBeGreaterThan(cap / 2);
  expect(json?.cost_usd).toBeCloseTo(paid(), 9);
});

onRedis('a worker that is cut off sends nothing new, and its rows run on the other one', async () => {
  await startSite(60, 5);
  const proxy = await startCutProxy(Number(new URL(redis.url).port));
  try {
    const throughProxy = { ROWMILL_REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
    await site.workerWith(throughProxy, 'w1', '--concurrency', '3');
    const run = site.run('--concurrency', '8');
    await until(async () => (await site.done()) > 10, 'rows that are done', { by: run });
    const ofFirst = () => [...site.modelCalls, ...site.toolCalls].filter(({ who }) => who === 'w1').length;
    proxy.cut();
    const atCut = ofFirst();
    await site.worker('w2', '--concurrency', '3');
    await until(async () => (await site.done()) === 60, 'all rows on the other worker', { by: run, everyMs: 500 });
    // What was granted before the cut, at most one call a row.
    expect(ofFirst()).toBeLessThanOrEqual(atCut + 3);
    proxy.heal();
    const { json } = await run.ended;
    expect(json).toMatchObject({ status: 'completed', model_calls: 120, tool_calls: 60 });
    expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
    expect(site.modelCalls.length).toBeLessThanOrEqual(120 + 3);
  } finally {
    proxy.close();
  }
});
