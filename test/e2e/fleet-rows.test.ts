import { afterEach, expect, vi } from 'vitest';
import { createFleetSite, type FleetSite, REDIS_URL, until } from './fleet-site.ts';
import { onRedis } from './on-redis.ts';
import { expectedTable, tableOf } from './two-turn-site.ts';

vi.setConfig({ testTimeout: 300_000 });

let site: FleetSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

onRedis('rows run on two workers, each once, with the exact bill', async () => {
  site = await createFleetSite(`${REDIS_URL}/1`, { rows: 60, latencyMs: [2, 10], seed: 1 });
  await site.worker('w1', '--concurrency', '4');
  await site.worker('w2', '--concurrency', '4');
  const { code, json } = await site.run().ended;
  expect(json).toMatchObject({ status: 'completed', counts: { succeeded: 60 }, model_calls: 120, tool_calls: 60 });
  expect(code).toBe(0);
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
  expect(new Set(site.modelCalls.map(({ who }) => who))).toEqual(new Set(['w1', 'w2']));
  expect(new Set(site.toolCalls.map(({ who }) => who))).toEqual(new Set(['w1', 'w2']));
  expect(site.modelCalls).toHaveLength(120);
  const paid = site.modelCalls.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0);
  expect(json?.cost_usd).toBeCloseTo(paid / 1e6, 9);
  expect(json?.cost_usd_at_most).toBeCloseTo(paid / 1e6, 9);
});

onRedis('a worker that is stopped finishes its rows, and the others go to the next one', async () => {
  site = await createFleetSite(`${REDIS_URL}/2`, { rows: 80, latencyMs: [20, 60], seed: 6 });
  const first = await site.worker('w1', '--concurrency', '4');
  const run = site.run();
  const { done } = site;
  await until(async () => (await done()) > 10, 'rows that are done', { by: run });
  await site.worker('w2', '--concurrency', '4');
  first.child.kill('SIGTERM');
  expect((await first.ended).code).toBe(0);
  const { json } = await run.ended;
  expect(json).toMatchObject({ status: 'completed', counts: { succeeded: 80 } });
  expect(site.modelCalls).toHaveLength(160);
  expect(site.toolCalls).toHaveLength(80);
});

onRedis(
  'rows of an agent that requires a tag wait for a worker with it, and one without a key gives them back',
  async () => {
    site = await createFleetSite(`${REDIS_URL}/3`, { rows: 12, latencyMs: [2, 10], seed: 7 });
    const agents = await site.read('agents.yaml');
    await site.write(
      'agents.yaml',
      agents.replace('- name: counter', '- name: counter\n    executor: fleet\n    requires: [browser]'),
    );
    await site.worker('w1');
    await site.workerWith({ ANTHROPIC_API_KEY: '' }, 'w2', '--tags', 'browser');
    const run = site.rowmill('run', 'table.csv', '--agent', 'counter', '--out', 'out.csv', '--json');
    const { json } = site;
    await until(
      async () => JSON.stringify(await json('workers')).includes('ANTHROPIC_API_KEY'),
      'a worker that lacks its key',
      { by: run },
    );
    expect(site.modelCalls).toHaveLength(0);
    await site.worker('w3', '--tags', 'browser,gpu');
    expect((await run.ended).json).toMatchObject({ status: 'completed', executor: 'fleet', counts: { succeeded: 12 } });
    expect(new Set(site.modelCalls.map(({ who }) => who))).toEqual(new Set(['w3']));
  },
);
