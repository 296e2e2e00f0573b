import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { createEnvelope } from '../../src/fleet/envelope.ts';
import { readPresences } from '../../src/fleet/presence.ts';
import { startCutProxy } from '../support/cut-proxy.ts';
import { twoTurnAnswer } from '../support/echo-agent.ts';
import { startMessagesServer } from '../support/messages-server.ts';
import { createFleetSite, type FleetSite, type OwnRedis, REDIS_URL, startRedis, until } from './fleet-site.ts';
import { onRedis } from './on-redis.ts';
import type { RowmillProcess } from './rowmill-process.ts';
import { expectedTable, tableOf } from './two-turn-site.ts';

vi.setConfig({ testTimeout: 300_000 });

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
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  site = await createFleetSite(redis.url, {
    rows: 150,
    latencyMs: [20, 60],
    seed: 3,
    held: { after: 100, until: held },
  });
  await Promise.all([site.worker('w1', '--concurrency', '4'), site.worker('w2', '--concurrency', '4')]);
  const run = site.run();
  const id = await idOf(run);
  const pausing = site.rowmill('batches', 'pause', id, '--json');
  await until(async () => (await site.store.readBatch(id))?.control === 'pause', 'the request', { by: pausing });
  release();
  const { json: paused } = await pausing.ended;
  expect(paused).toMatchObject({ status: 'paused', counts: { running: 0, failed: 0 } });
  await run.ended;
  // All that was sent is answered and stored.
  expect(site.modelCalls).toHaveLength(paused?.model_calls ?? -1);
  expect(site.modelCalls.length).toBeLessThan(300);
  expect(await site.json('batches', 'resume', id)).toMatchObject({ status: 'completed', counts: { succeeded: 150 } });
  expect(site.modelCalls).toHaveLength(300);
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
});

/** A batch of six rows on a worker with one place, whose fifth call the model holds. */
async function startHeld(seed: number) {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  site = await createFleetSite(redis.url, { rows: 6, latencyMs: [2, 10], seed, held: { after: 4, until: held } });
  // No deadline ends the call: only the cancellation does.
  const agents = await site.read('agents.yaml');
  const limits = 'limits: {timeout_s: 3600, call_timeout_s: 3600}';
  await site.write('agents.yaml', agents.replace('    structured_output:', `    ${limits}\n    structured_output:`));
  await site.worker('w1', '--concurrency', '1');
  const run = site.run();
  await until(() => site.modelCalls.length === 5, 'a call that the model holds', { by: run });
  const id = (await site.store.listBatches({ limit: 1 }))[0]?.id ?? '';
  return { id, q: site.modelCalls[4]?.q ?? '', run, release };
}

onRedis('the running call of a row that is cancelled is aborted on its worker', async () => {
  const { id, q, run, release } = await startHeld(6);
  await site.json('batches', 'row', id, q.replace('word', ''), '--cancel');
  // The worker has one place: it sends the call of another row only when this one has ended.
  await until(() => site.modelCalls.length === 6, 'the call of the next row', { by: run });
  expect(site.modelStats.inFlight).toBe(1);
  release();
  const { json } = await run.ended;
  expect(json).toMatchObject({ status: 'completed', counts: { succeeded: 5, failed: 1 } });
  const table = tableOf(await site.read('out.csv'));
  expect(table.filter(([, , status]) => status === 'FAILED')).toEqual([
    [q, '', 'FAILED', expect.stringContaining('row_cancelled')],
  ]);
});

onRedis('the running calls of a batch that is cancelled are aborted on its workers', async () => {
  const { id, run, release } = await startHeld(9);
  // The model never answers, so the batch ends only by the cancellation.
  expect(await site.json('batches', 'cancel', id)).toMatchObject({
    ...{ status: 'cancelled', counts: { succeeded: 2, queued: 4, running: 0, failed: 0 } },
  });
  expect(site.modelStats.inFlight).toBe(0);
  release();
  expect((await run.ended).code).toBe(5);
  expect(site.modelCalls).toHaveLength(5);
});

onRedis('the concurrency of a running batch holds for its workers', async () => {
  await startSite(2_000, 7);
  await Promise.all([site.worker('w1', '--concurrency', '4'), site.worker('w2', '--concurrency', '4')]);
  const run = site.run('--concurrency', '8');
  const client = new Redis(redis.url);
  try {
    const running = async () => {
      const workers = await readPresences(client, createEnvelope(null));
      return workers.reduce((sum, worker) => sum + worker.running, 0);
    };
    const id = await idOf(run);
    await until(async () => (await running()) > 2, 'rows on both workers', { by: run, everyMs: 100 });
    await site.json('batches', 'set', id, '--concurrency', '1');
    await until(async () => (await running()) <= 1, 'one row at a time', { by: run, everyMs: 100 });
    const before = site.modelCalls.length;
    let most = 0;
    const look = () => {
      most = Math.max(most, site.modelStats.inFlight);
      return site.modelCalls.length > before + 20;
    };
    await until(look, 'further calls', { by: run, everyMs: 1 });
    expect(most).toBe(1);
    await site.json('batches', 'set', id, '--concurrency', '8');
    await until(async () => (await running()) > 2, 'rows on both workers again', { by: run, everyMs: 100 });
  } finally {
    client.disconnect();
  }
});

onRedis('a cap that is set while rows run stops them on all workers', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  site = await createFleetSite(redis.url, {
    rows: 400,
    latencyMs: [20, 60],
    seed: 8,
    held: { after: 60, until: held },
  });
  await Promise.all([site.worker('w1', '--concurrency', '4'), site.worker('w2', '--concurrency', '4')]);
  const run = site.run('--concurrency', '8');
  const id = await idOf(run);
  const cap = 0.012;
  expect(paid()).toBeLessThan(cap);
  await site.json('batches', 'set', id, '--max-cost', `${cap}`);
  release();
  const { json } = await run.ended;
  expect(json).toMatchObject({ status: 'paused', pause_reason: 'budget' });
  expect(json?.cost_usd).toBeCloseTo(paid(), 9);
  expect(json?.cost_usd_at_most).toBeLessThanOrEqual(cap);
  // More than it had cost when the cap was set: the cap is what stopped the batch, not the setting of it.
  expect(paid()).toBeGreaterThan(cap / 2);
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

onRedis('a model that refuses everybody is asked by no worker until the time that it names', async () => {
  const calls: { who: string; at: number }[] = [];
  let limitedAt = 0;
  const model = await startMessagesServer({
    latencyMs: [20, 60],
    respond: (request, { number, headers }) => {
      const at = performance.now();
      calls.push({ who: String(headers['x-api-key'] ?? headers.authorization), at });
      if (number === 40) limitedAt = at;
      if (number < 40 || at > limitedAt + 5_000) return twoTurnAnswer(request);
      return { fault: 'status', status: 429, type: 'rate_limit_error', headers: { 'retry-after': '5' } };
    },
  });
  try {
    await startSite(100, 20);
    const limited = { ANTHROPIC_BASE_URL: model.url };
    await site.workerWith(limited, 'w1', '--concurrency', '4');
    await site.workerWith(limited, 'w2', '--concurrency', '4');
    const { json } = await site.run('--concurrency', '8').ended;
    expect(json).toMatchObject({ status: 'completed', counts: { succeeded: 100 }, model_calls: 200 });
    // What was granted before the coordinator knew was sent.
    expect(calls.filter(({ at }) => at > limitedAt + 2_000 && at < limitedAt + 5_000)).toEqual([]);
    for (const name of ['w1', 'w2']) expect(calls.filter(({ who }) => who.includes(name)).length).toBeGreaterThan(20);
  } finally {
    await model.close();
  }
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
