import { afterEach, beforeEach, expect, vi } from 'vitest';
import { startCutProxy } from '../support/cut-proxy.ts';
import { createFleetSite, type FleetSite, type OwnRedis, REDIS_URL, startRedis, until } from './fleet-site.ts';
import { onRedis } from './on-redis.ts';
import type { Report } from './rowmill-process.ts';
import { expectedTable, tableOf } from './two-turn-site.ts';

vi.setConfig({ testTimeout: 300_000 });

let site: FleetSite;
let redis: OwnRedis;
beforeEach(async () => {
  if (REDIS_URL === undefined) return;
  redis = await startRedis();
});
afterEach(async () => {
  await site?.close();
  await redis?.close();
});

const startSite = async (rows: number) => {
  site = await createFleetSite(redis.url, { rows, latencyMs: [20, 60], seed: 2, key: 'a key of the fleet' });
  return Promise.all([site.worker('w1', '--concurrency', '4'), site.worker('w2', '--concurrency', '4')]);
};

/** Every row has its own answer, in order. @param repeated the most calls of each kind that may have been sent twice */
const expectAll = async (json: Report | undefined, repeated: number) => {
  const rows = site.words.length;
  expect(json).toMatchObject({
    ...{ status: 'completed', counts: { succeeded: rows } },
    ...{ model_calls: 2 * rows, tool_calls: rows },
  });
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
  expect(site.modelCalls.length).toBeLessThanOrEqual(2 * rows + repeated);
  expect(site.toolCalls.length).toBeLessThanOrEqual(rows + repeated);
  const least = site.modelCalls.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0) / 1e6;
  if (repeated === 0) expect(json?.cost_usd).toBeCloseTo(least, 9);
  expect(json?.cost_usd).toBeLessThanOrEqual(least + 1e-9);
  expect(json?.cost_usd_at_most).toBeGreaterThanOrEqual(least - 1e-9);
};

onRedis('the rows of a killed worker run on the other one, and only calls in flight are repeated', async () => {
  const [killed] = await startSite(80);
  const run = site.run('--concurrency', '16');
  await until(async () => (await site.done()) > 20, 'rows that are done', { by: run });
  killed?.child.kill('SIGKILL');
  await expectAll((await run.ended).json, 4);
});

onRedis('a batch whose coordinator is killed goes on with the next one, and its workers repeat nothing', async () => {
  await startSite(80);
  const run = site.run('--concurrency', '16');
  await until(async () => (await site.done()) > 20, 'rows that are done', { by: run });
  run.child.kill('SIGKILL');
  await run.ended;
  const id = (await site.store.listBatches({ limit: 1 }))[0]?.id ?? '';
  await expectAll(await site.json('batches', 'resume', id), 0);
});

onRedis('answers that a worker could not report before it was killed are handed over by the next one', async () => {
  site = await createFleetSite(redis.url, { rows: 30, latencyMs: [20, 60], seed: 2, key: 'a key of the fleet' });
  const first = await site.worker('w1', '--concurrency', '4');
  const run = site.run('--concurrency', '8');
  await until(async () => (await site.done()) > 8, 'rows that are done', { by: run });
  await redis.kill();
  const sent: number[] = [];
  await until(
    () => {
      sent.push(site.modelCalls.length + site.toolCalls.length);
      return sent.at(-1) === sent.at(-2);
    },
    'no further call is sent',
    { everyMs: 3_000 },
  );
  first.child.kill('SIGKILL');
  await first.ended;
  await redis.start();
  await site.worker('w1', '--concurrency', '4');
  await expectAll((await run.ended).json, 0);
});

onRedis('a Redis that is killed, and then emptied, costs no row and no call', async () => {
  await startSite(120);
  const run = site.run('--concurrency', '16');
  await until(async () => (await site.done()) > 20, 'rows that are done', { by: run });
  await redis.kill();
  await redis.start();
  await until(async () => (await site.done()) > 60, 'rows after the kill', { by: run });
  await redis.flush();
  await expectAll((await run.ended).json, 0);
});

onRedis('rows of a coordinator that is gone leave their places to another batch', async () => {
  await startSite(80);
  const first = site.run('--concurrency', '16');
  await until(async () => (await site.done()) > 20, 'rows that are done', { by: first });
  first.child.kill('SIGKILL');
  await first.ended;
  const id = (await site.store.listBatches({ limit: 1 }))[0]?.id ?? '';
  // All places of both workers have rows of it, and its chunks are first in the queue.
  const second = site.run('--concurrency', '8', '--out', 'second.csv');
  expect((await second.ended).json).toMatchObject({ status: 'completed', counts: { succeeded: 80 } });
  expect(tableOf(await site.read('second.csv'))).toEqual(expectedTable(site.words));
  expect(await site.json('batches', 'resume', id)).toMatchObject({
    ...{ status: 'completed', counts: { succeeded: 80 }, model_calls: 160, tool_calls: 80 },
  });
  expect(site.modelCalls).toHaveLength(320);
  expect(site.toolCalls).toHaveLength(160);
});

onRedis('while Redis gives no sign for 20 s its workers send nothing new, and go on after it', async () => {
  const proxy = await startCutProxy(Number(new URL(redis.url).port));
  try {
    site = await createFleetSite(`redis://127.0.0.1:${proxy.port}`, { rows: 80, latencyMs: [20, 60], seed: 2 });
    await Promise.all([site.worker('w1', '--concurrency', '4'), site.worker('w2', '--concurrency', '4')]);
    const run = site.run('--concurrency', '16');
    await until(async () => (await site.done()) > 20, 'rows that are done', { by: run });
    proxy.cut();
    const cutAt = performance.now();
    const isPast = (ms: number) => () => performance.now() - cutAt > ms;
    const sent = () => site.modelCalls.length + site.toolCalls.length;
    // Two seconds, and the time in which a call that was granted reaches its server on a busy machine.
    await until(isPast(4_000), 'calls that were granted', { by: run, everyMs: 100 });
    const atRest = sent();
    await until(isPast(20_000), 'the end of the cut', { by: run, everyMs: 100 });
    expect(sent()).toBe(atRest);
    expect(atRest).toBeLessThan(240);
    proxy.heal();
    await expectAll((await run.ended).json, 0);
  } finally {
    proxy.close();
  }
});
