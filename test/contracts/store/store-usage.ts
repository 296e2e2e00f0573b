import { describe, expect, it } from 'vitest';
import type { TokenCosts } from '../../../src/protocol/messages.ts';
import type { Fence } from '../../../src/storage/leases.ts';
import type { Store } from '../../../src/storage/store.ts';
import type { UsageField } from '../../../src/storage/usage.ts';
import { failed, newBatch, newIntent, newOwner, newRows, succeeded } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A start of a day. */
const START = 20_000 * DAY;
const ALL = { from: 0, to: 2 * START };
const USAGE = { inputTokens: 10, outputTokens: 5, cacheWriteTokens: 3, cacheReadTokens: 2 };
const COSTS: TokenCosts = { input: 0.1, output: 0, cacheWrite: 0, cacheRead: 0 };

interface Called {
  at: number;
  cost?: number | null;
  model?: string;
  /** The price in real time: the call was made by a batch API. */
  standard?: number | null;
  fence?: Fence;
}

let turn = 0;
async function call(store: Store, { at, cost = 0.1, model = 'anthropic/haiku', standard, fence }: Called) {
  const own = turn;
  turn += 1;
  const run = `${fence?.batchId ?? 'conv_1'}/0/1`;
  await store.writeIntent(newIntent(run, { turn: own }), fence);
  const billed = { model, costs: cost === null ? null : COSTS };
  const batchApi = standard === undefined ? {} : { standardMicroUsd: standard };
  const answer = { response: {}, usage: USAGE, costMicroUsd: cost, requestId: null, at, billed, ...batchApi };
  await store.writeAnswer({ run, turn: own, call: 0 }, answer, fence);
}

async function start(store: Store, id: string, agent: string): Promise<Fence> {
  await store.insertBatch(newBatch(id, { status: 'running', plan: { agent: { name: agent } } }));
  const lease = await store.acquireLease(id, newOwner('a'));
  const fence = lease.acquired ? lease.fence : { batchId: id, epoch: -1 };
  await store.insertRows(fence, newRows(0, 4));
  return fence;
}

export function testUsage({ store }: StoreBench): void {
  const sums = async (by: UsageField[], seconds: number | null = null, range = ALL) =>
    (await store().readUsage({ ...range, seconds, by })).map((sum) => [
      ...(seconds === null ? [] : [(sum.at ?? 0) - START]),
      ...by.map((field) => sum.by[field]),
      sum.calls,
      sum.costMicroUsd,
    ]);

  describe('usage over time', () => {
    it('sums calls by agent, provider, model, way and batch, those outside of batches too', async () => {
      const [a, b] = [await start(store(), 'bat_a', 'first'), await start(store(), 'bat_b', 'second')];
      await call(store(), { at: START, fence: a });
      await call(store(), { at: START, fence: a, cost: 0.05, standard: 0.1 });
      await call(store(), { at: START, fence: b, model: 'openai/mini', cost: null });
      await call(store(), { at: START, cost: 7 });
      const cached = { from: { run: 'bat_a/0/1', turn: 1 }, response: {}, savedMicroUsd: 0.4 };
      await store().writeCachedAnswer(newIntent('bat_b/1/1', { name: 'anthropic/haiku', at: START }), cached, b);
      expect(await sums(['agent'])).toEqual([['', 1, 7], ['first', 2, 0.15], ['second', 2, 0]]); // biome-ignore format: a table
      expect(await sums(['provider', 'way'])).toEqual([
        ['anthropic', 'batch', 1, 0.05],
        ['anthropic', 'cache', 1, 0],
        ['anthropic', 'realtime', 2, 7.1],
        ['openai', 'realtime', 1, 0],
      ]);
      expect(await sums(['batch', 'model'])).toHaveLength(4);
      const [all] = await store().readUsage({ ...ALL, seconds: null, by: [] });
      expect(all).toMatchObject({ calls: 5, unpricedCalls: 1, costMicroUsd: 7.15, savedMicroUsd: 0.45 });
      expect(all?.usage).toEqual({ inputTokens: 40, outputTokens: 20, cacheWriteTokens: 12, cacheReadTokens: 8 });
    });

    it('equals the totals of the batch, also for what a failing write stands beside', async () => {
      const fence = await start(store(), 'bat_a', 'first');
      await store().claimRows(fence, { limit: 4, at: START });
      await Promise.all([
        ...Array.from({ length: 50 }, (_, index) =>
          call(store(), {
            at: START + index * 7_000,
            fence,
            cost: 0.123457,
            ...(index % 3 === 0 && { standard: 0.3 }),
          }),
        ),
        store().finishRow(fence, 0, succeeded(0)),
        store().finishRow(fence, 1, failed('refused')),
        expect(store().finishRow(fence, 0, succeeded(0))).rejects.toThrow(),
      ]);
      const { totals } = (await store().readBatch('bat_a')) ?? {};
      const [sum] = await store().readUsage({ ...ALL, seconds: null, by: ['batch'] });
      expect(sum).toMatchObject({
        ...{ calls: totals?.modelCalls, usage: totals?.usage, costMicroUsd: totals?.costMicroUsd },
        ...{ savedMicroUsd: totals?.discountMicroUsd, rowsSucceeded: 1, rowsFailed: 1 },
      });
      expect(sum?.costMicroUsd).toBe(6.17285);
    });

    it('keeps calls apart by minute, and a period has the buckets that start in it', async () => {
      for (const at of [0, 59_999, 60_000, 3 * HOUR]) await call(store(), { at: START + at, cost: 1 });
      expect(await sums([], 60)).toEqual([[0, 2, 2], [MINUTE, 1, 1], [3 * HOUR, 1, 1]]); // biome-ignore format: a table
      expect(await sums([], 3_600)).toEqual([[0, 3, 3], [3 * HOUR, 1, 1]]); // biome-ignore format: a table
      const [early, late] = [
        { from: 0, to: START + MINUTE },
        { from: START + MINUTE, to: 2 * START },
      ];
      expect([await sums([], null, early), await sums([], null, late)]).toEqual([[[2, 2]], [[2, 2]]]);
      expect(await sums([], null, { from: 0, to: 1 })).toEqual([]);
    });

    it('folds minutes into hours and hours into days, in portions, and no sum changes', async () => {
      for (const at of [0, MINUTE, HOUR, DAY, 2 * DAY, 3 * DAY]) await call(store(), { at: START + at, cost: 1 });
      const before = { minutes: START + 2 * DAY + HOUR / 2, hours: START + DAY };
      let portions = 0;
      while (await store().foldUsage(before)) portions += 1;
      expect(portions).toBe(3);
      const read = await store().readUsage({ ...ALL, seconds: 60, by: [] });
      expect(read.map(({ at, seconds, calls }) => [(at ?? 0) - START, seconds, calls])).toEqual([
        [0, 86_400, 3],
        [DAY, 3_600, 1],
        [2 * DAY, 60, 1],
        [3 * DAY, 60, 1],
      ]);
      // A late answer of a folded hour finds its place.
      await call(store(), { at: START + 2 * MINUTE, cost: 1 });
      while (await store().foldUsage(before));
      expect(await sums([])).toEqual([[7, 7]]);
      expect((await sums([], 86_400))[0]).toEqual([0, 4, 4]);
    });

    it('keeps what a removed batch cost', async () => {
      const fence = await start(store(), 'bat_a', 'first');
      await call(store(), { at: START, fence });
      await store().removeBatch(fence, ['running']);
      expect(await sums(['agent', 'batch'])).toEqual([['first', 'bat_a', 1, 0.1]]);
    });
  });
}
