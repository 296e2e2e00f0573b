import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { afterEach, expect, vi } from 'vitest';
import { createFleetSite, type FleetSite, REDIS_URL, until } from './fleet-site.ts';
import { onRedis } from './on-redis.ts';
import { expectedTable, tableOf } from './two-turn-site.ts';

vi.setConfig({ testTimeout: 300_000 });

let site: FleetSite | undefined;
let redis: Redis | undefined;
afterEach(async () => {
  redis?.disconnect();
  await site?.close();
  site = undefined;
});

/** Longer than the lock of a chunk, and than a worker may be silent. */
const BLOCKED_MS = 12_000;
/** Blocks the event loop of the process at SIGUSR2, and says so before and after. */
const BLOCKER = `
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) {
  process.on('SIGUSR2', () => {
    writeFileSync('blocked', '');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${BLOCKED_MS});
    writeFileSync('unblocked', '');
  });
}
`;

onRedis('a worker whose event loop is blocked for long keeps its chunks and its rows', async () => {
  const url = `${REDIS_URL}/5`;
  const rows = 40;
  site = await createFleetSite(url, { rows, latencyMs: [100, 200], seed: 9 });
  const { folder, done } = site;
  const isThere = (name: string) =>
    access(join(folder, name)).then(
      () => true,
      () => false,
    );
  await site.write('block.mjs', BLOCKER);
  const options = `--import ${pathToFileURL(join(folder, 'block.mjs')).href}`;
  const blocked = await site.workerWith({ NODE_OPTIONS: options }, 'w1', '--concurrency', '3');
  const run = site.run('--concurrency', '8');
  await until(async () => (await done()) > 6, 'rows that are done', { by: run });
  blocked.child.kill('SIGUSR2');
  await until(() => isThere('blocked'), 'a blocked loop', { by: blocked });
  redis = new Redis(url);
  const locks = async () => (await redis?.keys('rowmill:fleet-*:lock')) ?? [];
  const held = await locks();
  expect(held).toHaveLength(3);
  // Another worker would take what the first one lost.
  await site.worker('w2', '--concurrency', '3');
  const lost = new Set<string>();
  const look = async () => {
    const now = await locks();
    if (await isThere('unblocked')) return true;
    for (const lock of held) if (!now.includes(lock)) lost.add(lock);
    return false;
  };
  await until(look, 'the end of the block', { by: blocked, everyMs: 250 });
  expect([...lost]).toEqual([]);

  const { json } = await run.ended;
  expect(json).toMatchObject({ status: 'completed', model_calls: 2 * rows, tool_calls: rows });
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
  expect(site.modelCalls).toHaveLength(2 * rows);
  expect(site.toolCalls).toHaveLength(rows);
  expect(new Set(site.modelCalls.map(({ who }) => who))).toEqual(new Set(['w1', 'w2']));
});

/** Its thread is blocked for one row; in the others it answers at once. */
const BLOCKING_TOOL = `
import { appendFileSync } from 'node:fs';
export const tool = {
  name: 'count',
  description: 'Counts.',
  inputSchema: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
  timeoutMs: 60_000,
  execute({ q }) {
    appendFileSync('counted', q + '\\n');
    if (q === 'word3') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${BLOCKED_MS});
    return { seen: q };
  },
};
`;

onRedis('a module tool that blocks for long runs once', async () => {
  const rows = 20;
  site = await createFleetSite(`${REDIS_URL}/6`, { rows, latencyMs: [2, 10], seed: 10 });
  const agents = await site.read('agents.yaml');
  await site.write('count.mjs', BLOCKING_TOOL);
  await site.write('agents.yaml', agents.replace(/- http:.*?(?= {4}structured_output)/s, '- module: ./count.mjs\n'));
  await Promise.all([site.worker('w1', '--concurrency', '2'), site.worker('w2', '--concurrency', '2')]);
  const { json } = await site.run('--concurrency', '8').ended;
  expect(json).toMatchObject({ status: 'completed', model_calls: 2 * rows, tool_calls: rows });
  expect((await site.read('counted')).trim().split('\n').sort()).toEqual([...site.words].sort());
  expect(site.modelCalls).toHaveLength(2 * rows);
});
