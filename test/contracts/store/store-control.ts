import { describe, expect, it } from 'vitest';
import { failed, newBatch, newIntent, startBatch, succeeded } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

const usage = { inputTokens: 100, outputTokens: 20, cacheWriteTokens: 5, cacheReadTokens: 7 };
const costs = { input: 10.25, output: 10, cacheWrite: 0.625, cacheRead: 0.07 };

export function testControl({ store, openAnother }: StoreBench): void {
  describe('settings', () => {
    it('merge what two processes set at once, and a null removes', async () => {
      await store().insertBatch(newBatch('bat_1', { settings: { priority: 2 } }));
      const other = await openAnother();
      await Promise.all([
        store().updateBatch('bat_1', { settings: { concurrency: 4 } }, {}),
        other.updateBatch('bat_1', { settings: { max_cost_usd: 2.5 } }, {}),
      ]);
      expect(await store().readSettings('bat_1')).toEqual({ priority: 2, concurrency: 4, max_cost_usd: 2.5 });
      await other.updateBatch('bat_1', { settings: { concurrency: null } }, {});
      expect((await store().readBatch('bat_1'))?.settings).toEqual({ priority: 2, max_cost_usd: 2.5 });
      await expect(store().readSettings('bat_9')).rejects.toMatchObject({ code: 'batch_not_found' });
    });

    it('a change can be kept from overwriting a request', async () => {
      await store().insertBatch(newBatch('bat_1', { control: 'cancel' }));
      const guard = { unlessControl: 'cancel' as const };
      expect(await store().updateBatch('bat_1', { control: 'pause' }, guard)).toBe(false);
      expect((await store().readBatch('bat_1'))?.control).toBe('cancel');
      await store().updateBatch('bat_1', { control: null }, {});
      expect(await store().updateBatch('bat_1', { control: 'pause' }, guard)).toBe(true);
    });
  });

  describe('the bill', () => {
    it('sums calls by model and kind of token, exactly', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      for (let turn = 0; turn < 3; turn += 1) {
        await store().writeIntent(newIntent('run', { turn }), fence);
        const billed = { model: turn === 2 ? 'b/other' : 'a/first', costs: turn === 2 ? null : costs };
        const costMicroUsd = turn === 2 ? null : 20.945;
        const answer = { response: {}, usage, costMicroUsd, requestId: null, at: 1, billed };
        await store().writeAnswer({ run: 'run', turn, call: 0 }, answer, fence);
      }
      const { models } = await store().readBill('bat_1');
      expect(models).toEqual([
        {
          model: 'a/first',
          calls: 2,
          unpricedCalls: 0,
          usage: { inputTokens: 200, outputTokens: 40, cacheWriteTokens: 10, cacheReadTokens: 14 },
          microUsd: { input: 20.5, output: 20, cacheWrite: 1.25, cacheRead: 0.14 },
        },
        { model: 'b/other', calls: 1, unpricedCalls: 1, usage, microUsd: NOTHING },
      ]);
    });

    it('keeps the money of attempts by outcome, failed ones that were redriven included', async () => {
      const fence = await startBatch(store(), 'bat_1', 3);
      await store().claimRows(fence, { limit: 3, at: 1 });
      await store().finishRow(fence, 0, { ...succeeded(0), costMicroUsd: 3 });
      await store().finishRow(fence, 1, { ...failed('refused'), costMicroUsd: 4.5 });
      await store().redriveRows(fence, {});
      await store().claimRows(fence, { limit: 1, at: 1 });
      await store().finishRow(fence, 1, { ...succeeded(1), costMicroUsd: 1 });
      expect(await store().readBill('bat_1')).toEqual({
        models: [],
        succeeded: { attempts: 2, costMicroUsd: 4, squares: 10 },
        failed: { attempts: 1, costMicroUsd: 4.5, squares: 20.25 },
      });
      await store().insertBatch(newBatch('bat_2'));
      const none = { attempts: 0, costMicroUsd: 0, squares: 0 };
      expect(await store().readBill('bat_2')).toEqual({ models: [], succeeded: none, failed: none });
    });
  });

  describe('past attempts', () => {
    it('stay readable after a redrive, in order', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      for (const code of ['refused', 'row_timeout'] as const) {
        await store().claimRows(fence, { limit: 1, at: 7 });
        await store().finishRow(fence, 0, failed(code, `was ${code}`));
        await store().redriveRows(fence, {});
      }
      expect(await store().readAttempts('bat_1', 0)).toEqual([
        {
          attempt: 1,
          error: { code: 'refused', message: 'was refused' },
          startedAt: 7,
          endedAt: 3000,
          processingMs: 1,
        },
        {
          attempt: 2,
          error: { code: 'row_timeout', message: 'was row_timeout' },
          startedAt: 7,
          endedAt: 3000,
          processingMs: 1,
        },
      ]);
    });

    it('a restart gives queued rows that had begun another attempt, and leaves the others', async () => {
      const fence = await startBatch(store(), 'bat_1', 3);
      await store().claimRows(fence, { limit: 2, at: 7 });
      await store().finishRow(fence, 1, succeeded(1));
      await store().returnRow(fence, 0);
      expect(await store().redriveRows(fence, { restart: true })).toBe(0);
      expect(await store().claimRows(fence, { limit: 9, at: 8 })).toMatchObject([
        { row: 0, attempt: 2, claims: 1 },
        { row: 2, attempt: 1, claims: 1 },
      ]);
      expect(await store().readAttempts('bat_1', 0)).toMatchObject([{ attempt: 1, error: null }]);
      expect(await store().readAttempts('bat_1', 1)).toEqual([]);
    });
  });
}

const NOTHING = { input: 0, output: 0, cacheWrite: 0, cacheRead: 0 };
