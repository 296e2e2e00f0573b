import { afterEach, expect, test } from 'vitest';
import { createFleetSite, type FleetSite, REDIS_URL } from './fleet-site.ts';
import { expectedTable, tableOf } from './two-turn-site.ts';

/** Without Redis: set ROWMILL_TEST_REDIS_URL, such as redis://127.0.0.1:6379, to run these tests. */
const onRedis = test.skipIf(REDIS_URL === undefined);

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
