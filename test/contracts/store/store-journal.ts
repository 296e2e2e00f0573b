import { describe, expect, it } from 'vitest';
import type { JournalAnswer } from '../../../src/storage/journal.ts';
import { newIntent, startBatch } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

const ANSWER: JournalAnswer = {
  response: { content: [{ type: 'text', text: 'hi' }] },
  usage: { inputTokens: 10, outputTokens: 5, cacheWriteTokens: 3, cacheReadTokens: 2 },
  costMicroUsd: 12.345678,
  requestId: 'req_1',
  at: 2_500,
};
const KEY = { run: 'bat_1:0:1', turn: 0, call: 0 };

export function testJournal({ store }: StoreBench): void {
  const open = async (id = 'bat_1') => {
    const totals = (await store().readBatch(id))?.totals;
    return [totals?.openCalls, totals?.openWorstMicroUsd];
  };

  describe('journal', () => {
    it('gives an intent back, then its answer', async () => {
      const intent = newIntent(KEY.run);
      await store().writeIntent(intent);
      expect(await store().readJournal(KEY.run)).toEqual([{ ...intent, answer: null, openSends: 1 }]);
      await store().writeAnswer(KEY, ANSWER);
      expect(await store().readJournal(KEY.run)).toEqual([{ ...intent, answer: ANSWER, openSends: 0 }]);
      expect(await store().readJournal('bat_1:0')).toEqual([]);
    });

    it('orders a run by turn and call, and runs of one prefix by attempt', async () => {
      for (const attempt of [10, 9]) {
        for (const turn of [1, 0]) {
          for (const call of [1, 0]) await store().writeIntent(newIntent(`bat_1:7:${attempt}`, { turn, call }));
        }
      }
      await store().writeIntent(newIntent('bat_1:70:1'));
      const keys = (await store().readJournalByPrefix('bat_1:7:')).map(
        ({ run, turn, call }) => `${run} ${turn} ${call}`,
      );
      expect(keys).toEqual(
        ['bat_1:7:9', 'bat_1:7:10'].flatMap((run) => ['0 0', '0 1', '1 0', '1 1'].map((call) => `${run} ${call}`)),
      );
    });

    it('sums what rows were charged over their attempts, without an answer from the cache', async () => {
      const fence = await startBatch(store(), 'bat_1', 71);
      for (const run of ['bat_1/7/1', 'bat_1/7/2', 'bat_1/70/1']) {
        await store().writeIntent(newIntent(run), fence);
        await store().writeAnswer({ ...KEY, run }, ANSWER, fence);
      }
      await store().writeIntent(newIntent('bat_1/8/1', { worstMicroUsd: null }), fence);
      await store().writeAnswer({ ...KEY, run: 'bat_1/8/1' }, { ...ANSWER, costMicroUsd: null }, fence);
      await store().writeIntent(newIntent('bat_1/9/1'), fence);
      const from = { run: 'bat_1/7/1', turn: 0 };
      const cached = { from, response: ANSWER.response, savedMicroUsd: 12 };
      await store().writeCachedAnswer(newIntent('bat_1/10/1'), cached, fence);
      const none = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };
      expect(await store().readRowCharges('bat_1', [10, 7, 8, 9, 11])).toEqual([
        { usage: none, costMicroUsd: 0 },
        {
          usage: { inputTokens: 20, outputTokens: 10, cacheWriteTokens: 6, cacheReadTokens: 4 },
          costMicroUsd: expect.closeTo(2 * 12.345678, 9),
        },
        { usage: ANSWER.usage, costMicroUsd: null },
        { usage: none, costMicroUsd: 0 },
        { usage: none, costMicroUsd: 0 },
      ]);
    });

    it('counts calls, tokens and cost into the totals of the fenced batch', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      const tool = newIntent(KEY.run, { call: 1, kind: 'tool', name: 'look_up', worstMicroUsd: 0 });
      await store().writeIntent(newIntent(KEY.run), fence);
      expect(await open()).toEqual([1, 100.25]);
      await store().writeAnswer(KEY, ANSWER, fence);
      await store().writeIntent(tool, fence);
      await store().writeAnswer(tool, { ...ANSWER, usage: null, costMicroUsd: 0 }, fence);
      await store().writeIntent(newIntent('chat'));
      await store().writeAnswer({ ...KEY, run: 'chat' }, ANSWER);
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({
        modelCalls: 1,
        toolCalls: 1,
        usage: ANSWER.usage,
        costMicroUsd: 12.345678,
        unpricedCalls: 0,
        openCalls: 0,
        openWorstMicroUsd: 0,
      });
    });

    it('sums costs of fractions of a micro-dollar exactly', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      await Promise.all(
        Array.from({ length: 1_000 }, async (_, turn) => {
          await store().writeIntent(newIntent(KEY.run, { turn, worstMicroUsd: 0.3 }), fence);
          await store().writeAnswer({ ...KEY, turn }, { ...ANSWER, costMicroUsd: 0.1 }, fence);
        }),
      );
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ costMicroUsd: 100, openWorstMicroUsd: 0 });
    });

    it('counts an answered call of unknown price', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      await store().writeIntent(newIntent(KEY.run, { worstMicroUsd: null }), fence);
      await store().writeAnswer(KEY, { ...ANSWER, costMicroUsd: null }, fence);
      expect(await store().readJournal(KEY.run)).toMatchObject([
        { worstMicroUsd: null, answer: { costMicroUsd: null } },
      ]);
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ unpricedCalls: 1, costMicroUsd: 0 });
    });

    it('keeps a lost send open beside the answer of the next one', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      await store().writeIntent(newIntent(KEY.run), fence);
      await store().writeIntent(newIntent(KEY.run, { worstMicroUsd: 50, at: 2_100 }), fence);
      expect(await store().readJournal(KEY.run)).toMatchObject([{ openSends: 2, answer: null, at: 2_100 }]);
      expect(await open()).toEqual([2, 150.25]);
      await store().writeAnswer(KEY, ANSWER, fence);
      expect(await store().readJournal(KEY.run)).toMatchObject([{ openSends: 1, answer: ANSWER }]);
      expect(await open()).toEqual([1, 100.25]);
    });

    it('settles a refused send, which may be sent again', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      await store().writeIntent(newIntent(KEY.run), fence);
      await store().writeRefusal(KEY, fence);
      expect(await open()).toEqual([0, 0]);
      expect(await store().readJournal(KEY.run)).toMatchObject([{ openSends: 0, answer: null }]);
      await store().writeIntent(newIntent(KEY.run), fence);
      await store().writeAnswer(KEY, ANSWER, fence);
      expect(await open()).toEqual([0, 0]);
      expect((await store().readBatch('bat_1'))?.totals.modelCalls).toBe(1);
    });

    it('refuses what is out of order and changes nothing', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      const fault = { code: 'internal' };
      await expect(store().writeAnswer(KEY, ANSWER, fence)).rejects.toMatchObject(fault);
      await expect(store().writeRefusal(KEY, fence)).rejects.toMatchObject(fault);
      await store().writeIntent(newIntent(KEY.run), fence);
      await store().writeRefusal(KEY, fence);
      await expect(store().writeAnswer(KEY, ANSWER, fence)).rejects.toMatchObject(fault);
      await expect(store().writeRefusal(KEY, fence)).rejects.toMatchObject(fault);
      await store().writeIntent(newIntent(KEY.run), fence);
      await store().writeAnswer(KEY, ANSWER, fence);
      const before = await store().readBatch('bat_1');
      await expect(store().writeIntent(newIntent(KEY.run), fence)).rejects.toMatchObject(fault);
      await expect(store().writeAnswer(KEY, ANSWER, fence)).rejects.toMatchObject(fault);
      await expect(store().writeRefusal(KEY, fence)).rejects.toMatchObject(fault);
      expect(await store().readBatch('bat_1')).toEqual(before);
    });
  });
}
