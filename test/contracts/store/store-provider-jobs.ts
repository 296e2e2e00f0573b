import { describe, expect, it } from 'vitest';
import type { Fence } from '../../../src/storage/leases.ts';
import type { ProviderJobRowResult } from '../../../src/storage/provider-jobs.ts';
import { newIntent, startBatch } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

const JOB = { id: 'job_1', provider: 'anthropic', model: 'claude-haiku-5-5', createdAt: 7 };
const REFUSED = {
  ...{ status: 'failed' as const, input: null, processingMs: 1, endedAt: 9 },
  error: { code: 'refused' as const, message: 'No.' },
};
const runOf = (row: number) => `bat_1/${row}/1`;
const answer = { response: { said: 'so' }, usage: null, costMicroUsd: 4, standardMicroUsd: 8, requestId: null, at: 9 };
const result = (row: number, kind: 'answered' | 'refused' | 'lost'): ProviderJobRowResult => {
  const at = { row, attempt: 1, turn: 0 };
  return kind === 'answered' ? { ...at, kind, answer } : { ...at, kind };
};

export function testProviderJobs({ store, openAnother }: StoreBench): void {
  /** A batch of five rows, of which the first four wait in a provider job. */
  const park = async (): Promise<Fence> => {
    const fence = await startBatch(store(), 'bat_1', 5);
    await store().claimRows(fence, { limit: 4, at: 1 });
    await store().insertProviderJob(fence, JOB);
    const intents = [0, 1, 2, 3].map((row) => ({ row, intent: newIntent(runOf(row), { worstMicroUsd: 10 }) }));
    await store().parkRows(fence, 'job_1', intents);
    return fence;
  };
  const totals = async () => (await store().readBatch('bat_1'))?.totals;

  describe('jobs', () => {
    it('keep their rows from being claimed or returned, and their calls open at their worst', async () => {
      const fence = await park();
      expect(await store().returnRunningRows(fence)).toBe(0);
      await expect(store().returnRow(fence, 0)).rejects.toMatchObject({ code: 'internal' });
      expect((await store().claimRows(fence, { limit: 9, at: 2 })).map(({ row }) => row)).toEqual([4]);
      expect(await totals()).toMatchObject({ running: 5, queued: 0, openCalls: 4, openWorstMicroUsd: 40 });
      expect(await store().readProviderJobRows('bat_1', 'job_1', 2)).toEqual([
        { row: 0, attempt: 1, turn: 0 },
        { row: 1, attempt: 1, turn: 0 },
      ]);
    });

    it('give each row its result once, and count what became of them', async () => {
      const fence = await park();
      const last: ProviderJobRowResult = { row: 3, attempt: 1, turn: 0, kind: 'failed', result: REFUSED };
      const results = [result(0, 'answered'), result(1, 'refused'), result(2, 'lost'), last];
      expect(await store().settleProviderJobRows(fence, 'job_1', results)).toEqual([true, true, true, true]);
      expect(await store().settleProviderJobRows(fence, 'job_1', results)).toEqual([false, false, false, false]);
      expect((await store().readProviderJobs('bat_1'))[0]?.tally).toEqual({ answered: 1, refused: 2, missing: 1 });
      expect(await totals()).toMatchObject({
        ...{ queued: 4, running: 0, failed: 1, modelCalls: 1, batchCalls: 1, costMicroUsd: 4, discountMicroUsd: 4 },
        // A lost request may have been charged.
        ...{ openCalls: 1, openWorstMicroUsd: 10 },
      });
      expect(await store().readJournal(runOf(0))).toMatchObject([{ answer: { standardMicroUsd: 8 } }]);
      expect(await store().readSavings()).toEqual({ discountMicroUsd: 4, cacheMicroUsd: 0 });
      const begun = await store().claimRows(fence, { limit: 9, at: 3, begun: true });
      expect(begun.map(({ row, claims }) => [row, claims])).toEqual([
        [0, 2],
        [1, 2],
        [2, 2],
      ]);
    });

    it('pass over results of another attempt, turn or job', async () => {
      const fence = await park();
      await store().insertProviderJob(fence, { ...JOB, id: 'job_2' });
      expect(await store().settleProviderJobRows(fence, 'job_2', [result(0, 'refused')])).toEqual([false]);
      const wrong = [
        { ...result(0, 'refused'), attempt: 2 },
        { ...result(0, 'refused'), turn: 1 },
        result(4, 'refused'),
      ];
      expect(await store().settleProviderJobRows(fence, 'job_1', wrong)).toEqual([false, false, false]);
      expect(await totals()).toMatchObject({ running: 4, openCalls: 4 });
    });

    it('are changed and read in the order in which they were made, by every process', async () => {
      const fence = await park();
      await store().insertProviderJob(fence, { ...JOB, id: 'job_0' });
      const change = { state: 'open' as const, providerJobId: 'p_1', requests: 4, bytes: 99, submittedAt: 8 };
      await store().updateProviderJob(fence, 'job_1', change);
      const other = await openAnother();
      expect(await other.readProviderJobs('bat_1')).toMatchObject([
        { ...JOB, ...change, endedAt: null, error: null },
        { id: 'job_0', state: 'building', providerJobId: null },
      ]);
      expect(await other.readProviderJobIds('anthropic')).toEqual(['p_1']);
      expect(await other.readProviderJobIds('openai')).toEqual([]);
    });

    it('take nothing from an owner that has lost its lease', async () => {
      const fence = await park();
      const stale = { ...fence, epoch: fence.epoch - 1 };
      const lost = { code: 'lease_lost' };
      await expect(store().insertProviderJob(stale, { ...JOB, id: 'job_3' })).rejects.toMatchObject(lost);
      await expect(store().updateProviderJob(stale, 'job_1', { state: 'open' })).rejects.toMatchObject(lost);
      await expect(store().parkRows(stale, 'job_1', [])).rejects.toMatchObject(lost);
      await expect(store().settleProviderJobRows(stale, 'job_1', [result(0, 'answered')])).rejects.toMatchObject(lost);
      expect(await totals()).toMatchObject({ running: 4, modelCalls: 0 });
    });
  });
}
