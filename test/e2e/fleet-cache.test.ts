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

/** A table of 90 rows, each of 30 words three times. */
const repeatWords = async ({ words, write }: FleetSite) => {
  const all = [...words, ...words, ...words];
  await write('table.csv', ['q', ...all, ''].join('\n'));
  return all;
};

onRedis('identical rows on several workers are sent once, and the next batch pays for none of them', async () => {
  site = await createFleetSite(`${REDIS_URL}/11`, { rows: 30, latencyMs: [20, 60], seed: 14 });
  const all = await repeatWords(site);
  await Promise.all([site.worker('w1', '--concurrency', '4'), site.worker('w2', '--concurrency', '4')]);
  const { json } = await site.run('--cache', 'all').ended;
  expect(json).toMatchObject({ status: 'completed', executor: 'fleet', counts: { succeeded: 90 } });
  expect(json).toMatchObject({ model_calls: 60, cached_calls: 120 });
  expect(site.modelCalls).toHaveLength(60);
  expect(new Set(site.modelCalls.map(({ who }) => who))).toEqual(new Set(['w1', 'w2']));
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(all));
  const paid = site.modelCalls.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0) / 1e6;
  expect(json?.cost_usd).toBeCloseTo(paid, 9);

  const again = (await site.run('--cache', 'all').ended).json;
  expect(again).toMatchObject({ status: 'completed', model_calls: 0, cached_calls: 180, cost_usd: 0 });
  expect(site.modelCalls).toHaveLength(60);
  // What a fleet has paid serves a batch in one process, too.
  const here = await site.json(
    'run',
    'table.csv',
    '--agent',
    'counter',
    '--mode',
    'realtime',
    '--cache',
    'all',
    '--yes',
  );
  expect(here).toMatchObject({ status: 'completed', executor: 'realtime', model_calls: 0, cached_calls: 180 });
});

onRedis('rows that wait for an identical one of a killed worker go on', async () => {
  site = await createFleetSite(`${REDIS_URL}/12`, { rows: 30, latencyMs: [20, 60], seed: 15 });
  const all = await repeatWords(site);
  const killed = await site.worker('w1', '--concurrency', '6');
  await site.worker('w2', '--concurrency', '6');
  const run = site.run('--cache', 'batch');
  const { done } = site;
  await until(async () => (await done()) > 10, 'rows that are done', { by: run });
  killed.child.kill('SIGKILL');
  const { json } = await run.ended;
  expect(json).toMatchObject({ status: 'completed', counts: { succeeded: 90 } });
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(all));
  // Only a row that has succeeded serves others, so rows that waited for one of the killed worker send its calls, too.
  expect(site.modelCalls.length).toBeLessThanOrEqual(60 + 2 * 6);
});
