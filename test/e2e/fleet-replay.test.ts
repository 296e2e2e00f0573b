import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { createFleetSite, type FleetSite, type OwnRedis, REDIS_URL, startRedis, until } from './fleet-site.ts';
import { onRedis } from './on-redis.ts';
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

/** Somebody who reads and writes Redis and has not the key. Until it is stopped it repeats, moves and changes messages. */
const startAttack = (client: Redis) => {
  const seen = new Map<string, Map<string, Buffer>>();
  const sent = { repeated: 0, moved: 0, changed: 0 };
  const own = new Set<string>();
  let isOver = false;
  const put = async (stream: string, sealed: Buffer) => {
    own.add(`${stream} ${await client.xadd(stream, '*', 'm', sealed)}`);
  };
  const watch = async (stream: string) => {
    const known = seen.get(stream) ?? new Map<string, Buffer>();
    seen.set(stream, known);
    const entries = (await client.xrangeBuffer(stream, '-', '+')) as [Buffer, Buffer[]][];
    for (const [id, fields] of entries) {
      const sealed = fields[1];
      if (sealed !== undefined && !own.has(`${stream} ${id}`)) known.set(`${id}`, sealed);
    }
    return [...known.values()].slice(-40).reverse();
  };
  const attack = async () => {
    const streams = [...(await client.keys('rowmill:fleet:batch:*')), ...(await client.keys('rowmill:fleet:worker:*'))];
    for (const stream of streams) {
      for (const sealed of await watch(stream)) {
        await put(stream, sealed);
        sent.repeated += 1;
        const changed = Buffer.from(sealed);
        changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
        await put(stream, changed);
        sent.changed += 1;
        const [other] = streams.filter((each) => each !== stream);
        if (other === undefined) continue;
        await put(other, sealed);
        sent.moved += 1;
      }
    }
    return isOver;
  };
  const attacking = until(attack, 'the end of the attack', { everyMs: 20 });
  return {
    async stop() {
      isOver = true;
      await attacking;
      return sent;
    },
  };
};

onRedis('messages that somebody repeats, reorders, moves or changes cost no row, no call and no money', async () => {
  const rows = 60;
  site = await createFleetSite(redis.url, { rows, latencyMs: [20, 60], seed: 19, key: 'the key of the fleet' });
  await Promise.all([site.worker('w1', '--concurrency', '4'), site.worker('w2', '--concurrency', '4')]);
  const client = new Redis(redis.url);
  const attack = startAttack(client);
  try {
    const { json } = await site.run('--concurrency', '16').ended;
    const sent = await attack.stop();
    expect(Math.min(...Object.values(sent))).toBeGreaterThan(100);
    expect(json).toMatchObject({ status: 'completed', counts: { succeeded: rows } });
    expect(json).toMatchObject({ model_calls: 2 * rows, tool_calls: rows });
    expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
    expect(site.modelCalls).toHaveLength(2 * rows);
    expect(site.toolCalls).toHaveLength(rows);
    const paid = site.modelCalls.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0) / 1e6;
    expect(json?.cost_usd).toBeCloseTo(paid, 9);
    expect(json?.cost_usd_at_most).toBeCloseTo(paid, 9);
  } finally {
    await attack.stop();
    client.disconnect();
  }
});
