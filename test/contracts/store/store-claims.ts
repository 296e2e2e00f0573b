import { describe, expect, it } from 'vitest';
import { startBatch, succeeded } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

export function testClaims({ store }: StoreBench): void {
  const claim = async (fence: Awaited<ReturnType<typeof startBatch>>, limit: number, more: object = {}) =>
    (await store().claimRows(fence, { limit, at: 1, ...more })).map(({ row }) => row);
  const totals = async () => (await store().readBatch('bat_1'))?.totals;

  describe('claims', () => {
    it('give the rows that have a place first, by their place, then the others in the order of the source', async () => {
      const fence = await startBatch(store(), 'bat_1', 7);
      await store().orderRows(fence, [
        { row: 5, place: 2 },
        { row: 2, place: -1 },
        { row: 4, place: 2 },
      ]);
      expect(await claim(fence, 2)).toEqual([2, 4]);
      expect(await claim(fence, 3)).toEqual([5, 0, 1]);
      expect(await claim(fence, 9)).toEqual([3, 6]);
      expect(await claim(fence, 9)).toEqual([]);
      expect(await totals()).toMatchObject({ queued: 0, running: 7 });
    });

    it('make exactly the rows running that they give', async () => {
      const fence = await startBatch(store(), 'bat_1', 6);
      await store().orderRows(fence, [
        { row: 5, place: 1 },
        { row: 0, place: 2 },
      ]);
      await store().holdRows(fence, [2], true);
      expect(await claim(fence, 2)).toEqual([5, 0]);
      expect(await claim(fence, 2)).toEqual([1, 3]);
      const rows = await store().readRows('bat_1', { fromRow: 0, limit: 9 });
      expect(rows.map(({ status, claims }) => [status, claims])).toEqual([
        ['running', 1],
        ['running', 1],
        ['queued', 0],
        ['running', 1],
        ['queued', 0],
        ['running', 1],
      ]);
    });

    it('follow a place that is changed or taken away, and one of a row that comes back', async () => {
      const fence = await startBatch(store(), 'bat_1', 5);
      await store().orderRows(
        fence,
        [3, 4].map((row) => ({ row, place: row })),
      );
      expect(await claim(fence, 1)).toEqual([3]);
      await store().orderRows(fence, [
        { row: 4, place: null },
        { row: 2, place: 9 },
        { row: 3, place: 10 },
      ]);
      await store().returnRow(fence, 3);
      expect(await claim(fence, 9)).toEqual([2, 3, 0, 1, 4]);
    });

    it('leave held rows, until they are let go', async () => {
      const fence = await startBatch(store(), 'bat_1', 4);
      await store().orderRows(fence, [{ row: 3, place: 1 }]);
      await store().holdRows(fence, [0, 3], true);
      expect(await claim(fence, 9)).toEqual([1, 2]);
      expect(await totals()).toMatchObject({ queued: 2, running: 2 });
      await store().holdRows(fence, [0, 3], false);
      expect(await claim(fence, 9)).toEqual([3, 0]);
    });

    it('leave a row that was held while it was running, once it is queued again', async () => {
      const fence = await startBatch(store(), 'bat_1', 2);
      await claim(fence, 1);
      await store().holdRows(fence, [0], true);
      await store().returnRow(fence, 0);
      expect(await claim(fence, 9)).toEqual([1]);
    });

    it('keep to the row limit and to begun rows, whatever the order is', async () => {
      const fence = await startBatch(store(), 'bat_1', 6);
      await store().updateBatch('bat_1', { rowLimit: 4 }, { fence });
      await store().orderRows(
        fence,
        [5, 3, 2].map((row, index) => ({ row, place: index })),
      );
      expect(await claim(fence, 2)).toEqual([3, 2]);
      await store().returnRow(fence, 2);
      expect(await claim(fence, 9, { begun: true })).toEqual([2]);
      expect(await claim(fence, 9)).toEqual([0, 1]);
    });

    it('keep to rows with a place below the row limit where it limits places', async () => {
      const fence = await startBatch(store(), 'bat_1', 6);
      await store().orderRows(
        fence,
        [5, 3, 1].map((row, place) => ({ row, place })),
      );
      await store().updateBatch('bat_1', { rowLimit: 2, limitsPlaces: true }, { fence });
      expect((await store().readBatch('bat_1'))?.limitsPlaces).toBe(true);
      expect(await claim(fence, 1)).toEqual([5]);
      expect(await claim(fence, 9)).toEqual([3]);
      expect(await claim(fence, 9)).toEqual([]);
      await store().updateBatch('bat_1', { rowLimit: null }, { fence });
      expect(await claim(fence, 9)).toEqual([1, 0, 2, 4]);
    });

    it('know no order and no holds of another batch', async () => {
      const fence = await startBatch(store(), 'bat_1', 3);
      const other = await startBatch(store(), 'bat_2', 3);
      await store().orderRows(other, [{ row: 2, place: 1 }]);
      await store().holdRows(other, [0], true);
      await store().orderRows(fence, [{ row: 1, place: 5 }]);
      expect(await claim(fence, 9)).toEqual([1, 0, 2]);
      expect(await claim(other, 9)).toEqual([2, 1]);
    });

    it('know an order that the same turn stored', async () => {
      const fence = await startBatch(store(), 'bat_1', 3);
      const [, rows] = await Promise.all([store().orderRows(fence, [{ row: 2, place: 0 }]), claim(fence, 1)]);
      expect(rows).toEqual([2]);
    });

    it('can’t be arranged for a row that is not there', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      await expect(store().orderRows(fence, [{ row: 1, place: 0 }])).rejects.toMatchObject({ code: 'internal' });
      await expect(store().holdRows(fence, [1], true)).rejects.toMatchObject({ code: 'internal' });
      await expect(store().orderRows({ ...fence, epoch: 9 }, [])).rejects.toMatchObject({ code: 'lease_lost' });
    });

    it('have an owner, and return by owner', async () => {
      const fence = await startBatch(store(), 'bat_1', 6);
      expect(await claim(fence, 2, { owner: 'worker_1' })).toEqual([0, 1]);
      expect(await claim(fence, 2, { owner: 'worker_2' })).toEqual([2, 3]);
      expect(await claim(fence, 2)).toEqual([4, 5]);
      await expect(store().returnRow(fence, 0, { owner: 'worker_2' })).rejects.toMatchObject({ code: 'internal' });
      await expect(store().returnRow(fence, 0, { owner: null })).rejects.toMatchObject({ code: 'internal' });
      await store().returnRow(fence, 0, { owner: 'worker_1' });
      expect(await store().returnRunningRows(fence, { owner: 'worker_1' })).toBe(1);
      expect(await claim(fence, 9, { owner: 'worker_3' })).toEqual([0, 1]);
      expect(await store().returnRunningRows(fence, { owner: 'worker_1' })).toBe(0);
      expect(await store().returnRunningRows(fence, { owner: null })).toBe(2);
      await store().finishRow(fence, 0, succeeded(0));
      expect(await store().returnRunningRows(fence)).toBe(3);
      expect(await totals()).toMatchObject({ queued: 5, running: 0, succeeded: 1 });
    });

    it('return rows of one owner and one batch only', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      const other = await startBatch(store(), 'bat_2', 1);
      await claim(fence, 1, { owner: 'worker_1' });
      await claim(other, 1, { owner: 'worker_1' });
      expect(await store().returnRunningRows(other, { owner: 'worker_1' })).toBe(1);
      expect(await totals()).toMatchObject({ running: 1 });
    });
  });
}
