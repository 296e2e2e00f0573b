import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import type { Fence } from '../../../src/storage/leases.ts';
import { openSqliteStore } from '../../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { newBatch, newFolder, newIntent, newOwner } from '../support/store-fixture.ts';

const ANSWER = { response: {}, usage: null, requestId: null, at: 2_500 };

let folder: string;
/** Two processes on one data directory, without a cap of the server. */
let here: Store;
let there: Store;
const open = (capMicroUsd?: number) => {
  const dayOf = (at: number) => `day ${Math.floor(at / 1_000)}`;
  const dayCap = capMicroUsd === undefined ? undefined : { capMicroUsd, dayOf };
  return openSqliteStore({ path: join(folder, 'rowmill.db'), now: () => 2_000, log: createSilentLog(), dayCap });
};

beforeEach(async () => {
  folder = await newFolder();
  [here, there] = [await open(), await open()];
  for (const [id, budgetMicroUsd] of [
    ['key_a', 1_000],
    ['key_b', 1_000],
    ['key_free', null],
  ] as const) {
    await here.insertKey({
      ...{ id, name: `name of ${id}`, digest: id, scopes: ['run'], owner: null, budgetMicroUsd },
      ...{ requestsPerMinute: null, createdAt: 1, usedAt: null, revokedAt: null },
    });
  }
});
afterEach(async () => {
  await here.close();
  await there.close();
  await rm(folder, { recursive: true });
});

async function start(store: Store, id: string, budgetKey: string | null): Promise<Fence> {
  await store.insertBatch(newBatch(id, { status: 'running', budgetKey }));
  const lease = await store.acquireLease(id, newOwner('a'));
  if (!lease.acquired) throw new Error(`${id} is owned already`);
  return lease.fence;
}

const key = (run: string) => ({ run, turn: 0, call: 0 });
const send = (store: Store, fence: Fence, run: string, worstMicroUsd: number | null = 100) =>
  store.writeIntent(newIntent(run, { worstMicroUsd, at: 2_000 }), fence);

it('hold over all batches of a key and all processes, and for each key alone', async () => {
  const [one, two, other] = [
    await start(here, 'bat_1', 'key_a'),
    await start(there, 'bat_2', 'key_a'),
    await start(here, 'bat_3', 'key_b'),
  ];
  const sends = Array.from({ length: 20 }, (_, index) =>
    index % 2 === 0 ? send(here, one, `bat_1/${index}/1`) : send(there, two, `bat_2/${index}/1`),
  );
  const outcomes = await Promise.allSettled(sends);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: {
      code: 'budget_reached',
      retryable: true,
      message: expect.stringMatching(/^The budget of \$0\.001 a day of the key name of key_a is reached/),
    },
  });
  await send(here, other, 'bat_3/0/1', 1_000);
  expect(await here.readDaySpending(2_000, 'key_a')).toMatchObject({ key: 'name of key_a', openMicroUsd: 1_000 });
});

it('count what calls cost once they are answered, and nothing for refused ones', async () => {
  const fence = await start(here, 'bat_1', 'key_a');
  await send(here, fence, 'bat_1/0/1', 500);
  await send(here, fence, 'bat_1/1/1', 500);
  await here.writeAnswer(key('bat_1/0/1'), { ...ANSWER, costMicroUsd: 10.5 }, fence);
  await here.writeRefusal(key('bat_1/1/1'), fence);
  expect(await there.readDaySpending(2_000, 'key_a')).toMatchObject({ costMicroUsd: 10.5, openMicroUsd: 0 });
});

it('refuse a model of unknown price, and go on for a revoked key', async () => {
  const fence = await start(here, 'bat_1', 'key_a');
  const message = expect.stringMatching(/so the budget a day of the key name of key_a can't be kept/);
  await expect(send(here, fence, 'bat_1/0/1', null)).rejects.toMatchObject({ code: 'budget_unpriced', message });
  await here.revokeKey('key_a', 5);
  await expect(send(here, fence, 'bat_1/1/1', 1_001)).rejects.toMatchObject({ code: 'budget_reached' });
});

it('are not counted for batches of other callers', async () => {
  for (const [id, budgetKey] of [
    ['bat_1', null],
    ['bat_2', 'key_free'],
  ] as const) {
    await send(here, await start(here, id, budgetKey), `${id}/0/1`, 5_000);
    expect(await here.readDaySpending(2_000, budgetKey)).toBeNull();
  }
});

it('and the cap of the server hold both: the one that leaves less is told, and a refused call counts to none', async () => {
  const capped = await open(1_500);
  const [a, b] = [await start(capped, 'bat_1', 'key_a'), await start(capped, 'bat_2', 'key_b')];
  await send(capped, a, 'bat_1/0/1', 900);
  expect(await capped.readDaySpending(2_000, 'key_a')).toMatchObject({ key: 'name of key_a', openMicroUsd: 900 });
  expect(await capped.readDaySpending(2_000, 'key_b')).toMatchObject({ key: null, openMicroUsd: 900 });
  await expect(send(capped, b, 'bat_2/0/1', 700)).rejects.toThrow(/ROWMILL_MAX_USD_PER_DAY/);
  await expect(send(capped, a, 'bat_1/1/1', 200)).rejects.toThrow(/of the key name of key_a/);
  await send(capped, b, 'bat_2/1/1', 600);
  expect(await capped.readDaySpending(2_000, 'key_b')).toMatchObject({ openMicroUsd: 1_500 });
  await capped.close();
});
