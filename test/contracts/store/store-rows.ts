import { describe, expect, it } from 'vitest';
import type { RowResult } from '../../../src/storage/rows.ts';
import { failed, newIntent, newRows, startBatch, succeeded } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

export function testRows({ store }: StoreBench): void {
  const numbers = (rows: { row: number }[]) => rows.map(({ row }) => row);

  describe('rows', () => {
    it('claims rows in order, once each, with their cells', async () => {
      const fence = await startBatch(store(), 'bat_1', 5);
      const [first] = await store().claimRows(fence, { limit: 1, at: 77 });
      expect(first).toEqual({
        row: 0,
        line: 2,
        status: 'running',
        attempt: 1,
        claims: 1,
        cells: ['cell 0', 0, null],
        rawText: null,
        key: null,
        input: null,
        output: null,
        error: null,
        startedAt: 77,
        endedAt: null,
        processingMs: null,
      });
      const both = await Promise.all([
        store().claimRows(fence, { limit: 2, at: 1 }),
        store().claimRows(fence, { limit: 9, at: 1 }),
      ]);
      expect(both.map(numbers)).toEqual([
        [1, 2],
        [3, 4],
      ]);
      expect(await store().claimRows(fence, { limit: 9, at: 1 })).toEqual([]);
    });

    it('holds rows from the limit on back', async () => {
      const fence = await startBatch(store(), 'bat_1', 5);
      await store().updateBatch('bat_1', { rowLimit: 2 }, { fence });
      expect(numbers(await store().claimRows(fence, { limit: 9, at: 1 }))).toEqual([0, 1]);
      expect(await store().claimRows(fence, { limit: 9, at: 1 })).toEqual([]);
      const [, later] = await Promise.all([
        store().updateBatch('bat_1', { rowLimit: null }, { fence }),
        store().claimRows(fence, { limit: 9, at: 1 }),
      ]);
      expect(numbers(later)).toEqual([2, 3, 4]);
    });

    it('stores a malformed line as a failed row that keeps its text', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      const malformed = { reason: 'Line 3 has 4 fields, not 3.', text: 'a,b,c,d' };
      await store().insertRows(fence, [{ row: 1, line: 3, cells: ['a'], malformed }]);
      expect(numbers(await store().claimRows(fence, { limit: 9, at: 1 }))).toEqual([0]);
      expect(await store().readRows('bat_1', { status: 'failed', fromRow: 0, limit: 9 })).toMatchObject([
        {
          row: 1,
          status: 'failed',
          attempt: 0,
          cells: ['a'],
          rawText: 'a,b,c,d',
          error: { code: 'row_malformed', message: malformed.reason },
        },
      ]);
      expect(await store().readFailures('bat_1')).toEqual([
        { code: 'row_malformed', count: 1, row: 1, message: malformed.reason },
      ]);
      expect(await store().redriveRows(fence, {})).toBe(0);
    });

    it('keeps the outcome of a row', async () => {
      const fence = await startBatch(store(), 'bat_1', 2);
      await store().claimRows(fence, { limit: 2, at: 5 });
      await store().finishRow(fence, 0, succeeded(0));
      await store().finishRow(fence, 1, { ...failed('refused', 'No.'), input: { a: 1 } } as const);
      const [good, bad] = await store().readRows('bat_1', { fromRow: 0, limit: 2 });
      expect(good).toMatchObject({ status: 'succeeded', input: { row: 0 }, output: { answer: 0 }, error: null });
      expect(good).toMatchObject({ startedAt: 5, endedAt: 3_000, processingMs: 12.5 });
      expect(bad).toMatchObject({ status: 'failed', input: { a: 1 }, output: null });
      expect(bad).toMatchObject({ error: { code: 'refused', message: 'No.' } });
    });

    it('finishes and returns only a running row', async () => {
      const fence = await startBatch(store(), 'bat_1', 2);
      await store().claimRows(fence, { limit: 1, at: 1 });
      await store().finishRow(fence, 0, succeeded(0));
      for (const row of [0, 1, 7]) {
        await expect(store().finishRow(fence, row, failed('refused'))).rejects.toMatchObject({ code: 'internal' });
        await expect(store().returnRow(fence, row)).rejects.toMatchObject({ code: 'internal' });
      }
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({
        queued: 1,
        running: 0,
        succeeded: 1,
        failed: 0,
      });
    });

    it('returns rows to the queue with their attempt, and counts claims', async () => {
      const fence = await startBatch(store(), 'bat_1', 4);
      await store().claimRows(fence, { limit: 3, at: 1 });
      await store().returnRow(fence, 1);
      expect(await store().claimRows(fence, { limit: 1, at: 1 })).toMatchObject([{ row: 1, attempt: 1, claims: 2 }]);
      expect(await store().returnRunningRows(fence)).toBe(3);
      expect(await store().readRows('bat_1', { status: 'running', fromRow: 0, limit: 9 })).toEqual([]);
      expect(await store().claimRows(fence, { limit: 9, at: 1 })).toMatchObject([
        { row: 0, attempt: 1, claims: 2 },
        { row: 1, attempt: 1, claims: 3 },
        { row: 2, attempt: 1, claims: 2 },
        { row: 3, attempt: 1, claims: 1 },
      ]);
    });

    it('redrives failed rows with a new attempt, all or by code', async () => {
      const fence = await startBatch(store(), 'bat_1', 4);
      await store().claimRows(fence, { limit: 4, at: 1 });
      await store().finishRow(fence, 0, failed('refused'));
      await store().finishRow(fence, 1, failed('row_timeout'));
      await store().finishRow(fence, 2, failed('refused'));
      await store().finishRow(fence, 3, succeeded(3));
      expect(await store().redriveRows(fence, { codes: ['row_timeout', 'max_turns_exceeded'] })).toBe(1);
      expect(await store().claimRows(fence, { limit: 9, at: 9 })).toMatchObject([
        { row: 1, attempt: 2, claims: 1, error: null, endedAt: null, processingMs: null, startedAt: 9 },
      ]);
      expect(await store().redriveRows(fence, {})).toBe(2);
      expect(await store().claimRows(fence, { limit: 9, at: 1 })).toMatchObject([
        { row: 0, attempt: 2 },
        { row: 2, attempt: 2 },
      ]);
      expect(await store().readFailures('bat_1')).toEqual([]);
    });

    it('fails a queued row and redrives a failed one in the named attempt only, with exact sums', async () => {
      const fence = await startBatch(store(), 'bat_1', 3);
      await store().claimRows(fence, { limit: 2, at: 1 });
      await store().finishRow(fence, 0, failed('refused'));
      const { ...result } = failed('row_cancelled') as Extract<RowResult, { status: 'failed' }>;
      const fail = (row: number, attempt: number) => store().failQueuedRow(fence, { row, attempt }, result);
      // Another attempt, a running row, a failed row; then the queued row.
      expect([await fail(2, 2), await fail(1, 1), await fail(0, 1), await fail(2, 1)]).toEqual([
        ...[false, false, false],
        true,
      ]);
      const redrive = (row: number, attempt: number) => store().redriveRow(fence, { row, attempt });
      expect([await redrive(0, 2), await redrive(1, 1), await redrive(0, 1), await redrive(0, 1)]).toEqual([
        ...[false, false],
        true,
        false,
      ]);
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ queued: 1, running: 1, failed: 1 });
      expect(await store().readFailures('bat_1')).toMatchObject([{ code: 'row_cancelled', count: 1, row: 2 }]);
      expect(await store().readAttempts('bat_1', 0)).toMatchObject([{ attempt: 1, error: { code: 'refused' } }]);
      expect(await store().claimRows(fence, { limit: 9, at: 1 })).toMatchObject([{ row: 0, attempt: 2, claims: 1 }]);
      expect(await redrive(2, 1)).toBe(true);
    });

    it('begins the next attempt of a running row, which stays running; no other attempt can', async () => {
      const fence = await startBatch(store(), 'bat_1', 2);
      await store().claimRows(fence, { limit: 1, at: 1 });
      const result = { ...failed('refused'), costMicroUsd: 7 } as Extract<RowResult, { status: 'failed' }>;
      const next = (row: number, attempt: number) => store().nextAttempt(fence, { row, attempt }, result);
      await expect(next(0, 2)).rejects.toMatchObject({ code: 'internal' });
      await expect(next(1, 1)).rejects.toMatchObject({ code: 'internal' });
      await next(0, 1);
      await expect(next(0, 1)).rejects.toMatchObject({ code: 'internal' });
      const { error, endedAt } = result;
      expect(await store().readAttempts('bat_1', 0)).toMatchObject([{ attempt: 1, error, startedAt: 1, endedAt }]);
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ queued: 1, running: 1, failed: 0 });
      expect((await store().readBill('bat_1')).failed).toMatchObject({ attempts: 1, costMicroUsd: 7 });
      expect(await store().readFailures('bat_1')).toEqual([]);
      // Its owner dies: the attempt goes on as claimed before.
      await store().returnRunningRows(fence);
      expect(await store().claimRows(fence, { limit: 1, at: 2 })).toMatchObject([{ row: 0, attempt: 2, claims: 2 }]);
    });

    it('groups failures by code with an example that still stands', async () => {
      const fence = await startBatch(store(), 'bat_1', 5);
      await store().claimRows(fence, { limit: 5, at: 1 });
      await Promise.all([
        store().finishRow(fence, 4, failed('row_timeout', 'slow')),
        store().finishRow(fence, 2, failed('refused', 'two')),
        store().finishRow(fence, 1, failed('refused', 'one')),
      ]);
      expect(await store().readFailures('bat_1')).toEqual([
        { code: 'refused', count: 2, row: 1, message: 'one' },
        { code: 'row_timeout', count: 1, row: 4, message: 'slow' },
      ]);
      await store().redriveRows(fence, { codes: ['refused'] });
      await store().claimRows(fence, { limit: 2, at: 1 });
      await store().finishRow(fence, 1, succeeded(1));
      await store().finishRow(fence, 2, failed('refused', 'again'));
      expect(await store().readFailures('bat_1')).toEqual([
        { code: 'refused', count: 1, row: 2, message: 'again' },
        { code: 'row_timeout', count: 1, row: 4, message: 'slow' },
      ]);
    });

    it('counts failures and redrives them within one turn', async () => {
      const fence = await startBatch(store(), 'bat_1', 2);
      await store().claimRows(fence, { limit: 2, at: 1 });
      const [, , redriven] = await Promise.all([
        store().finishRow(fence, 0, failed('refused')),
        store().finishRow(fence, 1, failed('row_timeout')),
        store().redriveRows(fence, {}),
      ]);
      expect(redriven).toBe(2);
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ queued: 2, running: 0, failed: 0 });
    });

    it('reads pages in order, by status too, and of one batch only', async () => {
      const fence = await startBatch(store(), 'bat_1', 6);
      const other = await startBatch(store(), 'bat_2', 6);
      await store().claimRows(fence, { limit: 6, at: 1 });
      for (const row of [5, 0, 3]) await store().finishRow(fence, row, succeeded(row));
      expect(await store().claimRows(other, { limit: 99, at: 1 })).toHaveLength(6);
      const read = async (options: Parameters<ReturnType<typeof store>['readRows']>[1]) =>
        numbers(await store().readRows('bat_1', options));
      expect(await read({ fromRow: 0, limit: 4 })).toEqual([0, 1, 2, 3]);
      expect(await read({ fromRow: 4, limit: 99 })).toEqual([4, 5]);
      expect(await read({ status: 'succeeded', fromRow: 1, limit: 9 })).toEqual([3, 5]);
      expect(await read({ status: 'running', fromRow: 0, limit: 2 })).toEqual([1, 2]);
      await expect(store().readRows('bat_9', { fromRow: 0, limit: 1 })).rejects.toMatchObject({
        code: 'batch_not_found',
      });
    });

    it('reads the rows of a range whose input or output has a text', async () => {
      const fence = await startBatch(store(), 'bat_1', 5);
      await store().claimRows(fence, { limit: 4, at: 1 });
      const text = '\ufffd';
      const ended = { status: 'succeeded' as const, processingMs: 1, endedAt: 2 };
      await store().finishRow(fence, 0, { ...ended, input: { q: `a ${text}` }, output: {} });
      await store().finishRow(fence, 1, { ...ended, input: { q: 'a' }, output: { a: [text] } });
      await store().finishRow(fence, 2, succeeded(2));
      await store().finishRow(fence, 3, { ...ended, input: { q: text }, output: { a: text } });
      const read = (fromRow: number, toRow: number) => store().readRowsWith('bat_1', { text, fromRow, toRow });
      expect(numbers(await read(0, 5))).toEqual([0, 1, 3]);
      expect(numbers(await read(1, 3))).toEqual([1]);
      expect(await read(3, 4)).toEqual(await store().readRows('bat_1', { fromRow: 3, limit: 1 }));
    });

    it('forgets the rows of an interrupted load, until something has run', async () => {
      const fence = await startBatch(store(), 'bat_1', 3);
      const other = await startBatch(store(), 'bat_2', 2);
      const malformed = { reason: 'broken', text: 'x' };
      await store().insertRows(fence, [{ row: 3, line: 5, cells: [], malformed }]);
      await store().clearRows(fence);
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ rows: 0, queued: 0, failed: 0 });
      expect(await store().readRows('bat_1', { fromRow: 0, limit: 9 })).toEqual([]);
      expect(await store().readFailures('bat_1')).toEqual([]);
      expect(await store().readRows('bat_2', { fromRow: 0, limit: 9 })).toHaveLength(2);
      await Promise.all([
        store().insertRows(fence, newRows(0, 2)),
        store().clearRows(fence),
        store().insertRows(fence, newRows(0, 2)),
      ]);
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ rows: 2, queued: 2 });
      await store().claimRows(fence, { limit: 1, at: 1 });
      await expect(store().clearRows(fence)).rejects.toMatchObject({ code: 'batch_state_invalid' });
      await store().writeIntent(newIntent('run'), other);
      await expect(store().clearRows(other)).rejects.toMatchObject({ code: 'batch_state_invalid' });
    });
  });
}
