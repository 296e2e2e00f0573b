import { describe, expect, it } from 'vitest';
import type { RowFilter } from '../../../src/storage/rows.ts';
import { failed, newRows, startBatch, succeeded } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

export function testBrowsing({ store }: StoreBench): void {
  describe('browsing', () => {
    const numbers = (rows: { row: number }[]) => rows.map(({ row }) => row);
    const SUCCEEDED: RowFilter = { status: 'succeeded' };

    /** Of twelve rows every third one failed, in turn with two codes, and the last two wait. Neighbours are there. */
    async function startMixed() {
      const before = await startBatch(store(), 'bat_0', 3);
      const fence = await startBatch(store(), 'bat_1', 12);
      const after = await startBatch(store(), 'bat_2', 3);
      for (const other of [before, after]) {
        await store().claimRows(other, { limit: 3, at: 1 });
        for (const row of [0, 1, 2])
          await store().finishRow(other, row, row === 1 ? failed('refused') : succeeded(row));
      }
      await store().claimRows(fence, { limit: 10, at: 1 });
      for (let row = 0; row < 10; row += 1) {
        const code = row % 6 === 0 ? 'refused' : 'row_timeout';
        const result = row % 3 === 0 ? failed(code) : succeeded(row);
        await store().finishRow(fence, row, { ...result, endedAt: 5_000 - row * 10 });
      }
      return fence;
    }

    it.each<[string, RowFilter, number[]]>([
      ['all rows', {}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
      ['a status', SUCCEEDED, [1, 2, 4, 5, 7, 8]],
      ['a code', { code: 'refused' }, [0, 6]],
      ['a code and its status', { code: 'row_timeout', status: 'failed' }, [3, 9]],
      ['a code and another status', { code: 'refused', status: 'succeeded' }, []],
    ])('finds every place of %s, from both ends', async (_, filter, expected) => {
      await startMixed();
      const total = expected.length;
      const at = async (place: number, limit: number, descending = false) =>
        numbers(await store().readRowsAt('bat_1', { filter, place, limit, total, descending }));
      for (let place = 0; place <= total; place += 1) {
        expect(await at(place, 2)).toEqual(expected.slice(place, place + 2));
        expect(await at(place, 2, true)).toEqual(expected.toReversed().slice(place, place + 2));
      }
    });

    it.each([2, 3, 7, 40])('finds every place of a frequent status where one row in %d is another', async (every) => {
      await startBatch(store(), 'bat_0', 5);
      const fence = await startBatch(store(), 'bat_1', 81);
      await startBatch(store(), 'bat_2', 5);
      // Runs of others at both ends and in the middle, and single ones between them.
      const isOther = (row: number) => row < 4 || row > 78 || (row > 38 && row < 43) || row % every === 1;
      await store().claimRows(fence, { limit: 80, at: 1 });
      for (let row = 0; row < 80; row += 1)
        await store().finishRow(fence, row, isOther(row) ? failed('refused') : succeeded(row));
      const expected = Array.from({ length: 80 }, (_, row) => row).filter((row) => !isOther(row));
      const total = expected.length;
      const at = async (place: number, descending: boolean) =>
        numbers(await store().readRowsAt('bat_1', { filter: SUCCEEDED, place, limit: 3, total, descending }));
      for (let place = 0; place <= total; place += 1) {
        expect(await at(place, false)).toEqual(expected.slice(place, place + 3));
        expect(await at(place, true)).toEqual(expected.toReversed().slice(place, place + 3));
      }
    });

    it('counts equal ranges of all rows by status, and no rows of other batches', async () => {
      await startMixed();
      const of = (first: number, rows: number, queued: number, succeeded: number, failures: number) => ({
        ...{ first, rows, queued, running: 0, succeeded, failed: failures },
      });
      expect(await store().readRowRanges('bat_1', 3)).toEqual([
        of(0, 4, 0, 2, 2),
        of(4, 4, 0, 3, 1),
        of(8, 4, 2, 1, 1),
      ]);
      expect(await store().readRowRanges('bat_1', 5)).toMatchObject([2, 2, 3, 2, 3].map((rows) => ({ rows })));
      const single = await store().readRowRanges('bat_1', 50);
      expect(single).toHaveLength(12);
      expect(single[9]).toEqual(of(9, 1, 0, 0, 1));
      await store().claimRows(await startBatch(store(), 'bat_3', 4), { limit: 3, at: 1 });
      expect(await store().readRowRanges('bat_3', 2)).toMatchObject([
        { running: 2, queued: 0 },
        { running: 1, queued: 1 },
      ]);
    });

    it('counts ranges where numbers are missing, and none without rows', async () => {
      const fence = await startBatch(store(), 'bat_1', 2);
      await store().insertRows(fence, newRows(7, 3));
      expect(await store().readRowRanges('bat_1', 2)).toMatchObject([
        { first: 0, rows: 2, queued: 2 },
        { first: 5, rows: 3, queued: 3 },
      ]);
      await startBatch(store(), 'bat_2', 0);
      expect(await store().readRowRanges('bat_2', 10)).toEqual([]);
    });

    it('finds a place where numbers are missing, and where more rows were announced than there are', async () => {
      const fence = await startBatch(store(), 'bat_1', 2);
      await store().insertRows(fence, newRows(7, 3));
      const at = async (place: number, total: number) =>
        numbers(await store().readRowsAt('bat_1', { filter: {}, place, limit: 2, total }));
      for (const total of [5, 9]) expect(await at(2, total)).toEqual([7, 8]);
      expect(await at(4, 5)).toEqual([9]);
    });

    it('reads single rows by number, and the times of their ends', async () => {
      await startMixed();
      expect(numbers(await store().readRowsOf('bat_1', [8, 99, 2]))).toEqual([8, 2]);
      const options = { filter: SUCCEEDED, fromRow: 2, limit: 3 };
      expect(await store().readRowEnds('bat_1', options)).toEqual([
        { row: 2, endedAt: 4_980 },
        { row: 4, endedAt: 4_960 },
        { row: 5, endedAt: 4_950 },
      ]);
      expect(await store().readRowEnds('bat_1', { filter: {}, fromRow: 11, limit: 3 })).toEqual([
        { row: 11, endedAt: null },
      ]);
    });

    it('searches cells, answers and lines that could not be read, whatever the case', async () => {
      const fence = await startBatch(store(), 'bat_1', 0);
      const cells = [['Ärger "in" 100% Ä_ö'], ['line\nend', 12, null], [{ list: ['deep!'] }], ['x'], ['name'], ['y']];
      await store().insertRows(fence, [
        ...cells.map((row, index) => ({ row: index, line: index, cells: row })),
        { row: 6, line: 6, cells: [], malformed: { reason: 'quote', text: 'a "torn line' } },
      ]);
      await store().claimRows(fence, { limit: 5, at: 1 });
      await store().finishRow(fence, 3, {
        ...{ status: 'succeeded', input: {}, processingMs: 1, endedAt: 2 },
        output: { structured: { name: 'Zanzibar', at: 1.5 }, columns: { list: ['Ende'] } },
      });
      const found = (text: string, filter: RowFilter = {}, toRow = 9) =>
        store().searchRows('bat_1', { filter, text, fromRow: 0, toRow });
      expect(await found('ÄRGER "IN"')).toEqual([0]);
      expect(await found('100% ä_')).toEqual([0]);
      expect(await found('%')).toEqual([0]);
      expect(await found('LINE\nE')).toEqual([1]);
      expect(await found('12')).toEqual([1]);
      expect(await found('deep!')).toEqual([2]);
      expect(await found('zanzi')).toEqual([3]);
      expect(await found('1.5', { status: 'succeeded' })).toEqual([3]);
      expect(await found('zanzi', { status: 'queued' })).toEqual([]);
      expect(await found('NAME')).toEqual([4]);
      expect(await found('structured')).toEqual([]);
      expect(await found('"TORN')).toEqual([6]);
      expect(await found('line')).toEqual([1, 6]);
      expect(await found('line', {}, 6)).toEqual([1]);
      expect(await found('torn', { code: 'row_malformed' })).toEqual([6]);
    });
  });
}
