import { afterEach, expect, test } from 'vitest';
import { createFleetSite, type FleetSite, type OwnRedis, REDIS_URL, startRedis } from './fleet-site.ts';
import { until } from './rowmill-process.ts';
import { expectedTable, tableOf } from './two-turn-site.ts';

const onRedis = test.skipIf(REDIS_URL === undefined);

let site: FleetSite;
let redis: OwnRedis;
afterEach(async () => {
  await site?.close();
  await redis?.close();
});

onRedis(
  'the rows of a killed worker run on the other one, and only calls in flight are repeated',
  async () => {
    redis = await startRedis();
    site = await createFleetSite(redis.url, { rows: 80, latencyMs: [20, 60], seed: 2, key: 'a key of the fleet' });
    const [killed] = await Promise.all([
      site.worker('w1', '--concurrency', '4'),
      site.worker('w2', '--concurrency', '4'),
    ]);
    const run = site.run('--concurrency', '16');
    await until(async () => (await site.done()) > 20, 'rows that are done', { by: run });
    killed.child.kill('SIGKILL');
    const { json } = await run.ended;
    expect(json).toMatchObject({ status: 'completed', counts: { succeeded: 80 }, model_calls: 160, tool_calls: 80 });
    expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
    // At most what the killed worker had in flight: four rows, one call each.
    expect(site.modelCalls.length).toBeLessThanOrEqual(160 + 4);
    expect(site.toolCalls.length).toBeLessThanOrEqual(80 + 4);
  },
  60_000,
);
