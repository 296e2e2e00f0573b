import { afterEach, expect, vi } from 'vitest';
import { createFleetSite, type FleetSite, REDIS_URL, until } from './fleet-site.ts';
import { onRedis } from './on-redis.ts';
import { stopProcess } from './stop-process.ts';
import { expectedTable, tableOf } from './two-turn-site.ts';

vi.setConfig({ testTimeout: 300_000 });

let site: FleetSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

onRedis('of two live coordinators of one batch only the one with the later lease counts', async () => {
  const rows = 300;
  site = await createFleetSite(`${REDIS_URL}/4`, { rows, latencyMs: [20, 60], seed: 8 });
  const { store, done } = site;
  await Promise.all([site.worker('w1', '--concurrency', '4'), site.worker('w2', '--concurrency', '4')]);
  const first = site.run('--concurrency', '16');
  await until(async () => (await done()) > 20, 'rows that are done', { by: first });
  const id = (await store.listBatches({ limit: 1 }))[0]?.id ?? '';
  // A process that sleeps is alive: its lease lapses after fifteen seconds of silence.
  await stopProcess(first, site, 'outside');
  const second = site.rowmill('batches', 'resume', id, '--json');
  const ownerOf = async () => (await store.readBatch(id))?.owner?.pid;
  await until(async () => (await ownerOf()) === second.pid, 'the lease of the second', { by: second, everyMs: 100 });
  const atTakeover = await done();
  await until(async () => (await done()) > atTakeover, 'rows of the second', { by: second });
  // Now both run: the first still believes that the batch is its own, and finds what came for it meanwhile.
  first.child.kill('SIGCONT');
  const { json } = await second.ended;
  await first.ended;

  expect(json).toMatchObject({ status: 'completed', counts: { succeeded: rows } });
  expect(json).toMatchObject({ model_calls: 2 * rows, tool_calls: rows });
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
  expect(site.modelCalls).toHaveLength(2 * rows);
  expect(site.toolCalls).toHaveLength(rows);
  const paid = site.modelCalls.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0) / 1e6;
  expect(json?.cost_usd).toBeCloseTo(paid, 9);
  expect(json?.cost_usd_at_most).toBeCloseTo(paid, 9);
});
