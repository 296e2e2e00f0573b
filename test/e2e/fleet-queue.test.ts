import { Worker } from 'bullmq';
import { afterEach, expect, vi } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { type ChunkQueue, openChunk, openChunkQueue } from '../../src/fleet/chunk-queue.ts';
import { createFleetOpener, type FleetOpener } from '../../src/fleet/fleet.ts';
import { QUEUE_PREFIX, queueName } from '../../src/fleet/places.ts';
import { REDIS_URL, until } from './fleet-site.ts';
import { onRedis } from './on-redis.ts';

vi.setConfig({ testTimeout: 60_000 });

let opener: FleetOpener | undefined;
let queue: ChunkQueue | undefined;
afterEach(async () => {
  await queue?.close();
  await opener?.close();
});

const open = async () => {
  const settings = { redisUrl: `${REDIS_URL}/14`, key: 'the key of the queue' };
  opener = createFleetOpener(settings, { version: '1.0.0', log: createSilentLog() });
  const fleet = await opener.open();
  await fleet.connections.ready();
  await fleet.connections.commands().flushdb();
  queue = await openChunkQueue(fleet, ['gpu', 'browser']);
  return { fleet, queue, name: queueName(fleet, ['browser', 'gpu']) };
};
const chunk = (id: string) => ({ id, batchId: 'bat_1', epoch: 1, from: 0, to: 3 });

onRedis('chunks of the highest priority are taken first, and none goes before all', async () => {
  const { fleet, queue: chunks, name } = await open();
  for (const priority of [1, 5, 10, 2, 9]) await chunks.add([chunk(`chk_${priority}`)], priority);
  const taken: string[] = [];
  const priorities: (number | undefined)[] = [];
  const worker = new Worker(
    name,
    async ({ data, opts }) => {
      taken.push(openChunk(data, name, fleet.envelope).id);
      priorities.push(opts.priority);
    },
    { connection: fleet.connections.queue(), prefix: QUEUE_PREFIX },
  );
  try {
    await until(() => taken.length === 5, 'five chunks');
  } finally {
    await worker.close();
  }
  expect(taken).toEqual(['chk_10', 'chk_9', 'chk_5', 'chk_2', 'chk_1']);
  // 1 is the most urgent one of BullMQ. It takes jobs without a priority, which is 0, before all others.
  expect(priorities).toEqual([1, 2, 6, 9, 10]);
});

onRedis('Redis holds no chunk that it can read, and what it has lost is missing', async () => {
  const { fleet, queue: chunks, name } = await open();
  await chunks.add([chunk('chk_1'), chunk('chk_2')], 5);
  const redis = fleet.connections.commands();
  const stored = await redis.hgetall(`${QUEUE_PREFIX}:${name}:chk_1`);
  const sealed: unknown = JSON.parse(stored['data'] ?? '');
  expect(Buffer.from(String(sealed), 'base64').toString('latin1')).not.toContain('bat_1');
  expect(openChunk(sealed, name, fleet.envelope)).toEqual(chunk('chk_1'));
  expect(() => openChunk(sealed, queueName(fleet, []), fleet.envelope)).toThrow('refused');
  expect(await chunks.missing(['chk_1', 'chk_2'])).toEqual([]);
  await chunks.remove(['chk_1']);
  expect(await chunks.missing(['chk_1', 'chk_2'])).toEqual(['chk_1']);
  await redis.flushdb();
  expect(await chunks.missing(['chk_1', 'chk_2'])).toEqual(['chk_1', 'chk_2']);
});
