import { describe, expect, it } from 'vitest';
import type { JournalAnswer } from '../../../src/storage/journal.ts';
import type { Fence } from '../../../src/storage/leases.ts';
import type { RowResult } from '../../../src/storage/rows.ts';
import { newBatch, newIntent, newOwner, newRows, startBatch } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

const ANSWER: JournalAnswer = {
  response: { content: [{ type: 'text', text: 'hi' }] },
  usage: { inputTokens: 10, outputTokens: 5, cacheWriteTokens: 0, cacheReadTokens: 0 },
  costMicroUsd: 12.5,
  requestId: 'req_1',
  at: 2_500,
};
const HASH = new Uint8Array(32).fill(7);
const hashedSuccess = (row: number, run: string): RowResult => ({
  ...{ status: 'succeeded', input: { row }, output: { answer: row }, processingMs: 1, endedAt: 3_000 },
  hashed: [{ run, turn: 0, hash: HASH }],
});
const runOf = (batchId: string, row: number) => `${batchId}/${row}/1`;

/** The contract of cache, pruning and removal. */
export function testKept({ store, world, openAnother }: StoreBench): void {
  /** Row 0 of a batch of one row, answered and succeeded with its hash stored. */
  async function answeredBatch(id: string, answer = ANSWER): Promise<Fence> {
    const fence = await startBatch(store(), id, 1);
    await answerRow(fence, 0, answer);
    return fence;
  }
  async function answerRow(fence: Fence, row: number, answer = ANSWER): Promise<void> {
    const run = runOf(fence.batchId, row);
    await store().claimRows(fence, { limit: 1, at: 1 });
    await store().writeIntent(newIntent(run), fence);
    await store().writeAnswer({ run, turn: 0, call: 0 }, answer, fence);
    await store().finishRow(fence, row, hashedSuccess(row, run));
  }
  const find = (within: string | null = null) => store().findAnswer(HASH, within);

  describe('cached answers', () => {
    it('are found once their row has succeeded, in their batch or in all', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      const other = await startBatch(store(), 'bat_2', 1);
      const run = runOf('bat_1', 0);
      await store().claimRows(fence, { limit: 1, at: 1 });
      await store().writeIntent(newIntent(run), fence);
      await store().writeAnswer({ run, turn: 0, call: 0 }, ANSWER, fence);
      expect(await find()).toBeUndefined();
      await store().finishRow(fence, 0, hashedSuccess(0, run));
      const found = { from: { run, turn: 0 }, response: ANSWER.response, savedMicroUsd: 12.5 };
      expect(await find()).toEqual(found);
      expect(await find('bat_1')).toEqual(found);
      expect(await find(other.batchId)).toBeUndefined();
      expect(await store().findAnswer(new Uint8Array(32), null)).toBeUndefined();
      expect(await (await openAnother()).findAnswer(HASH, null)).toEqual(found);
    });

    it('are written as answered calls that cost nothing and count apart', async () => {
      await answeredBatch('bat_1');
      const fence = await startBatch(store(), 'bat_2', 1);
      const run = runOf('bat_2', 0);
      const answer = await find();
      if (answer === undefined) throw new Error('not found');
      await store().writeCachedAnswer(newIntent(run), answer, fence);
      expect(await store().readJournal(run)).toMatchObject([
        {
          openSends: 0,
          cachedFrom: { run: runOf('bat_1', 0), turn: 0 },
          answer: { response: ANSWER.response, usage: null, costMicroUsd: 0, requestId: null },
        },
      ]);
      expect((await store().readBatch('bat_2'))?.totals).toMatchObject({
        ...{ modelCalls: 0, cachedCalls: 1, savedMicroUsd: 12.5, unpricedCachedCalls: 0 },
        ...{ costMicroUsd: 0, openCalls: 0, openWorstMicroUsd: 0, usage: { inputTokens: 0 } },
      });
    });

    it('save what the first call had cost, however often they are handed on, and nothing that is known without a price', async () => {
      await answeredBatch('bat_1');
      const second = await startBatch(store(), 'bat_2', 1);
      const run = runOf('bat_2', 0);
      await store().claimRows(second, { limit: 1, at: 1 });
      const answer = await find();
      if (answer === undefined) throw new Error('not found');
      await store().writeCachedAnswer(newIntent(run), answer, second);
      await store().finishRow(second, 0, hashedSuccess(0, run));
      expect(await find()).toMatchObject({ from: { run }, savedMicroUsd: 12.5 });
      const third = await startBatch(store(), 'bat_3', 1);
      await store().writeCachedAnswer(newIntent(runOf('bat_3', 0)), { ...answer, savedMicroUsd: null }, third);
      expect((await store().readBatch('bat_3'))?.totals).toMatchObject({
        ...{ cachedCalls: 1, savedMicroUsd: 0, unpricedCachedCalls: 1, unpricedCalls: 0 },
      });
    });

    it('leave a send open whose answer was lost', async () => {
      await answeredBatch('bat_1');
      const fence = await startBatch(store(), 'bat_2', 1);
      const intent = newIntent(runOf('bat_2', 0));
      const answer = await find();
      if (answer === undefined) throw new Error('not found');
      await store().writeIntent(intent, fence);
      await store().writeCachedAnswer(intent, answer, fence);
      expect(await store().readJournal(intent.run)).toMatchObject([{ openSends: 1, answer: { costMicroUsd: 0 } }]);
      expect((await store().readBatch('bat_2'))?.totals).toMatchObject({ openCalls: 1, openWorstMicroUsd: 100.25 });
      await expect(store().writeCachedAnswer(intent, answer, fence)).rejects.toMatchObject({ code: 'internal' });
    });
  });

  describe('pruning', () => {
    it('takes bodies away and leaves the accounting', async () => {
      const fence = await startBatch(store(), 'bat_1', 2);
      await answerRow(fence, 0);
      await answerRow(fence, 1, { ...ANSWER, costMicroUsd: 1 });
      const before = await store().readBatch('bat_1');
      const [kept] = await store().readJournal(runOf('bat_1', 1));
      await store().pruneRuns(fence, [runOf('bat_1', 0)]);
      await store().pruneRuns(fence, [runOf('bat_1', 0)]);
      expect(await store().readJournal(runOf('bat_1', 0))).toEqual([
        {
          ...newIntent(runOf('bat_1', 0)),
          ...{ request: null, isPruned: true, openSends: 0 },
          answer: { ...ANSWER, response: null },
        },
      ]);
      expect(await store().readJournal(runOf('bat_1', 1))).toEqual([kept]);
      expect(await store().readBatch('bat_1')).toEqual(before);
      expect(await store().readRows('bat_1', { fromRow: 0, limit: 1 })).toMatchObject([{ output: { answer: 0 } }]);
    });

    it('ends what the cache may serve', async () => {
      const fence = await answeredBatch('bat_1');
      await store().pruneRuns(fence, [runOf('bat_1', 0)]);
      expect(await find()).toBeUndefined();
    });

    it('is due for ended batches whose time has come', async () => {
      for (const [id, status, pruneAt] of [
        ['bat_1', 'completed', 500],
        ['bat_2', 'running', 500],
        ['bat_3', 'cancelled', 400],
        ['bat_4', 'completed', 501],
        ['bat_5', 'failed', null],
      ] as const) {
        await store().insertBatch(newBatch(id, { status }));
        await store().updateBatch(id, { pruneAt }, {});
      }
      expect(await store().listPrunableBatches(500)).toEqual(['bat_3', 'bat_1']);
      await store().updateBatch('bat_3', { pruneAt: null }, {});
      expect(await store().listPrunableBatches(500)).toEqual(['bat_1']);
    });
  });

  describe('removal', () => {
    const sweep = async () => {
      while (await store().sweepRemoved());
    };

    it('takes a batch out of every listing at once, and frees its idempotency key', async () => {
      await store().insertBatch(newBatch('bat_1', { status: 'completed', idempotencyKey: 'k' }));
      await store().insertBatch(newBatch('bat_2', { status: 'completed' }));
      const lease = await store().acquireLease('bat_1', newOwner('a'));
      if (!lease.acquired) throw new Error('owned');
      expect(await store().removeBatch(lease.fence, ['completed'])).toBe(true);
      expect((await store().listBatches({ limit: 9 })).map(({ id }) => id)).toEqual(['bat_2']);
      expect(await store().readBatch('bat_1')).toBeUndefined();
      await expect(store().renewLease(lease.fence)).rejects.toMatchObject({ code: 'batch_not_found' });
      expect((await store().insertBatch(newBatch('bat_3', { idempotencyKey: 'k' }))).inserted).toBe(true);
    });

    it('leaves a batch of another status, and one whose lease is lost', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      expect(await store().removeBatch(fence, ['completed', 'failed'])).toBe(false);
      world().uptimeMs += 60_000;
      world().nowMs += 60_000;
      await store().acquireLease('bat_1', newOwner('b'));
      await expect(store().removeBatch(fence, ['running'])).rejects.toMatchObject({ code: 'lease_lost' });
      expect(await store().readBatch('bat_1')).toMatchObject({ totals: { rows: 1 } });
    });

    it('sweeps rows, journal and cache of the removed batch alone, in portions', async () => {
      const fence = await answeredBatch('bat_1');
      await store().insertRows(fence, newRows(1, 1_200));
      const other = await answeredBatch('bat_10');
      await store().removeBatch(fence, ['running']);
      expect(await store().sweepRemoved()).toBe(true);
      await sweep();
      expect(await store().readJournalByPrefix('bat_1/')).toEqual([]);
      expect(await store().readJournal(runOf('bat_10', 0))).toHaveLength(1);
      expect(await store().readRows('bat_10', { fromRow: 0, limit: 9 })).toHaveLength(1);
      expect(await find()).toMatchObject({ from: { run: runOf('bat_10', 0) } });
      await store().removeBatch(other, ['running']);
      await sweep();
      expect(await find()).toBeUndefined();
      expect(await store().sweepRemoved()).toBe(false);
    });

    it('is swept to the end by another process', async () => {
      const fence = await answeredBatch('bat_1');
      await store().removeBatch(fence, ['running']);
      const another = await openAnother();
      while (await another.sweepRemoved());
      expect(await store().readJournalByPrefix('bat_1/')).toEqual([]);
      expect(await store().sweepRemoved()).toBe(false);
    });
  });

  describe('portions', () => {
    it('clear and redrive thousands of rows as if they were few', async () => {
      const fence = await startBatch(store(), 'bat_1', 0);
      const rows = newRows(0, 12_001);
      const malformed = rows.map((row) =>
        row.row % 3 === 0 ? { ...row, malformed: { reason: 'r', text: 't' } } : row,
      );
      await store().insertRows(fence, malformed);
      await store().clearRows(fence);
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ rows: 0, queued: 0, failed: 0 });
      expect(await store().readFailures('bat_1')).toEqual([]);
      await store().insertRows(fence, rows);
      const claimed = await store().claimRows(fence, { limit: 12_001, at: 1 });
      await Promise.all(
        claimed.map(({ row }) =>
          store().finishRow(fence, row, {
            ...{ status: 'failed', input: null, processingMs: 1, endedAt: 2 },
            error: { code: row % 2 === 0 ? 'refused' : 'row_timeout', message: 'm' },
          }),
        ),
      );
      expect(await store().redriveRows(fence, { codes: ['refused'] })).toBe(6_001);
      expect(await store().redriveRows(fence, {})).toBe(6_000);
      const again = await store().claimRows(fence, { limit: 12_001, at: 3 });
      expect(again).toHaveLength(12_001);
      expect(again.every(({ attempt, claims }) => attempt === 2 && claims === 1)).toBe(true);
      await store().returnRunningRows(fence);
      expect(await store().redriveRows(fence, { restart: true })).toBe(0);
      const restarted = await store().claimRows(fence, { limit: 12_001, at: 4 });
      expect(restarted.every(({ attempt, claims }) => attempt === 3 && claims === 1)).toBe(true);
      expect(await store().readAttempts('bat_1', 12_000)).toHaveLength(2);
    });
  });
}
