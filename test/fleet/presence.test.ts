import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { createEnvelope } from '../../src/fleet/envelope.ts';
import { isSilent, type PresenceReport, readPresences, writePresence } from '../../src/fleet/presence.ts';

const WORKER: PresenceReport = {
  ...{ id: 'w1', host: 'host', pid: 1, version: '1', tags: [], concurrency: 4, running: 0, rows: 0 },
  ...{ isDraining: false, unfit: [], startedAt: 0, beat: 0 },
};

/** The list of workers in a Redis whose clock is years behind that of this process. */
const listOf = () => {
  const clock = { seconds: 1_000 };
  const stored: Record<string, Buffer> = {};
  const redis = {
    time: async () => [clock.seconds, 250_000],
    hset: async (_: string, id: string, sealed: Buffer) => {
      stored[id] = sealed;
    },
    hgetallBuffer: async () => ({ ...stored }),
    hdel: async (_: string, id: string) => delete stored[id],
  } as unknown as Redis;
  return { redis, clock, stored };
};
const envelope = createEnvelope('the key of the fleet');

test('how long a worker is silent is told by the clock of Redis alone', async () => {
  const { redis, clock, stored } = listOf();
  await writePresence(redis, envelope, WORKER);
  const [fresh] = await readPresences(redis, envelope);
  expect(fresh).toMatchObject({ id: 'w1', at: 1_000_250, silentMs: 0 });
  clock.seconds += 11;
  const [late] = await readPresences(redis, envelope);
  expect(late?.silentMs).toBe(11_000);
  expect([fresh, late].map((worker) => worker !== undefined && isSilent(worker))).toEqual([false, true]);
  clock.seconds += 3_600;
  expect(await readPresences(redis, envelope)).toEqual([]);
  expect(stored).toEqual({});
});

test('a worker of another key is not seen, and stays in the list of its own fleet', async () => {
  const { redis, stored } = listOf();
  await writePresence(redis, createEnvelope('the key of another fleet'), WORKER);
  expect(await readPresences(redis, envelope)).toEqual([]);
  expect(Object.keys(stored)).toEqual(['w1']);
});
