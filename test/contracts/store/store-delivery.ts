import { describe, expect, it } from 'vitest';
import type { Fence } from '../../../src/storage/leases.ts';
import type { NewRow } from '../../../src/storage/rows.ts';
import { failed, newRows, startBatch, succeeded } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

const keyed = (from: number, keys: string[]): NewRow[] =>
  newRows(from, keys.length).map((row, index) => ({ ...row, key: keys[index] ?? '' }));

export function testDelivery({ store }: StoreBench): void {
  const all = (batchId: string) => store().readRows(batchId, { fromRow: 0, limit: 99 });
  const read = (batchId: string, rows: number, characters = 1e9) => store().readOutbox(batchId, { rows, characters });
  const outbox = async (batchId: string) => (await read(batchId, 99)).rows.map(({ row }) => row);

  async function startDelivering(id: string, rows: number): Promise<Fence> {
    const fence = await startBatch(store(), id, 0);
    await store().updateBatch(id, { delivers: true }, { fence });
    if (rows > 0) await store().insertRows(fence, newRows(0, rows));
    return fence;
  }

  describe('keys of rows', () => {
    it('keep a row from being loaded twice, and the numbers of rows dense', async () => {
      const fence = await startBatch(store(), 'bat_1', 0);
      expect(await store().insertRows(fence, keyed(0, ['a', 'b']))).toBe(2);
      expect(await store().insertRows(fence, keyed(2, ['b', 'c', 'a', 'd', 'd']))).toBe(2);
      expect((await all('bat_1')).map(({ row, key }) => [row, key])).toEqual([
        [0, 'a'],
        [1, 'b'],
        [2, 'c'],
        [3, 'd'],
      ]);
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ rows: 4, queued: 4 });
    });

    it('are those of one batch alone, and a row may have none', async () => {
      const fences = [await startBatch(store(), 'bat_1', 0), await startBatch(store(), 'bat_2', 0)];
      for (const fence of fences) expect(await store().insertRows(fence, keyed(0, ['a']))).toBe(1);
      expect(await store().insertRows(fences[0] as Fence, newRows(1, 3))).toBe(3);
      expect((await all('bat_1')).map(({ key }) => key)).toEqual(['a', null, null, null]);
    });
  });

  describe('the outbox', () => {
    it('has ended rows, malformed ones too, until they are delivered', async () => {
      const fence = await startDelivering('bat_1', 3);
      await store().insertRows(fence, [{ row: 3, line: 5, cells: [], malformed: { reason: 'No.', text: 'x' } }]);
      expect(await outbox('bat_1')).toEqual([3]);
      await store().claimRows(fence, { limit: 9, at: 1 });
      await store().finishRow(fence, 1, succeeded(1));
      await store().finishRow(fence, 0, failed('refused'));
      expect(await outbox('bat_1')).toEqual([0, 1, 3]);
      expect((await read('bat_1', 2)).rows.map(({ status }) => status)).toEqual(['failed', 'succeeded']);
      await store().clearOutbox(fence, [
        { row: 0, attempt: 1 },
        { row: 3, attempt: 0 },
      ]);
      expect(await outbox('bat_1')).toEqual([1]);
    });

    it('is read in parts where its rows are long', async () => {
      const fence = await startDelivering('bat_1', 250);
      for (const { row } of await store().claimRows(fence, { limit: 250, at: 1 })) {
        await store().finishRow(fence, row, succeeded(row));
      }
      const part = async (rows: number, characters: number) => {
        const { rows: found, isCut } = await read('bat_1', rows, characters);
        return [found.length, found.at(-1)?.row, isCut];
      };
      expect(await part(300, 100)).toEqual([100, 99, true]);
      expect(await part(300, 100 * 40)).toEqual([200, 199, true]);
      expect(await part(300, 1e6)).toEqual([250, 249, false]);
      expect(await part(100, 100)).toEqual([100, 99, false]);
      expect(await part(120, 1e6)).toEqual([120, 119, false]);
    });

    it('has rows that keep an earlier answer, which can be loaded again like others', async () => {
      const fence = await startDelivering('bat_1', 0);
      const kept = {
        input: { q: 'a' },
        output: { structured: { a: 1 }, columns: {} },
        from: { batchId: 'bat_0', row: 7 },
      };
      const load = async () => {
        await store().clearRows(fence);
        await store().insertRows(fence, [{ row: 0, line: 2, cells: ['a'], kept }, ...newRows(1, 2)]);
      };
      await load();
      await load();
      expect(await outbox('bat_1')).toEqual([0]);
      expect(await store().readKeptFrom('bat_1', 0)).toEqual({ batchId: 'bat_0', row: 7 });
      expect(await store().readKeptFrom('bat_1', 1)).toBeUndefined();
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ rows: 3, queued: 2, succeeded: 1 });
      expect((await all('bat_1'))[0]).toMatchObject({ status: 'succeeded', attempt: 0, output: kept.output });
      expect((await store().claimRows(fence, { limit: 9, at: 1 })).map(({ row }) => row)).toEqual([1, 2]);
      await store().finishRow(fence, 1, succeeded(1));
      await expect(store().clearRows(fence)).rejects.toMatchObject({ code: 'batch_state_invalid' });
    });

    it('keeps a row whose next attempt began before the delivery was noted, until that one is delivered', async () => {
      const fence = await startDelivering('bat_1', 1);
      await store().claimRows(fence, { limit: 1, at: 1 });
      await store().finishRow(fence, 0, failed('refused'));
      await store().redriveRows(fence, {});
      expect(await outbox('bat_1')).toEqual([]);
      await store().claimRows(fence, { limit: 1, at: 1 });
      await store().clearOutbox(fence, [{ row: 0, attempt: 1 }]);
      await store().finishRow(fence, 0, succeeded(0));
      await store().clearOutbox(fence, [{ row: 0, attempt: 1 }]);
      expect(await outbox('bat_1')).toEqual([0]);
      await store().clearOutbox(fence, [{ row: 0, attempt: 2 }]);
      expect(await outbox('bat_1')).toEqual([]);
    });

    it('keeps a row whose result was refused: it has failed, and is counted so', async () => {
      const fence = await startDelivering('bat_1', 2);
      await store().claimRows(fence, { limit: 2, at: 1 });
      await store().finishRow(fence, 0, succeeded(0));
      await store().finishRow(fence, 1, failed('refused'));
      const error = { code: 'row_changed' as const, message: 'It was changed.' };
      const refuse = () =>
        store().refuseRows(
          fence,
          [0, 1].map((row) => ({ row, attempt: 1, error })),
        );
      await refuse();
      await refuse();
      expect(await outbox('bat_1')).toEqual([0, 1]);
      const [first, second] = await all('bat_1');
      expect(first).toMatchObject({ status: 'failed', output: null, error });
      expect(second).toMatchObject({ status: 'failed', error: { code: 'refused' } });
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ succeeded: 0, failed: 2 });
      expect((await store().readFailures('bat_1')).map(({ code, count }) => [code, count]).sort()).toEqual([
        ['refused', 1],
        ['row_changed', 1],
      ]);
    });

    it('has nothing of a batch that delivers nothing', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      await store().claimRows(fence, { limit: 1, at: 1 });
      await store().finishRow(fence, 0, succeeded(0));
      expect(await outbox('bat_1')).toEqual([]);
    });

    it('refuses the owner before', async () => {
      const fence = await startDelivering('bat_1', 1);
      const stale = { ...fence, epoch: fence.epoch - 1 };
      await expect(store().clearOutbox(stale, [])).rejects.toMatchObject({ code: 'lease_lost' });
    });
  });

  it('how far a source is stays with its batch', async () => {
    const fence = await startBatch(store(), 'bat_1', 0);
    expect(await store().readBatch('bat_1')).toMatchObject({ intake: null, delivers: false });
    await store().updateBatch('bat_1', { intake: { isOver: false, total: null }, delivers: true }, { fence });
    expect(await store().readBatch('bat_1')).toMatchObject({
      intake: { isOver: false, total: null },
      delivers: true,
    });
  });
}
