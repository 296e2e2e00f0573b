import { describe, expect, it } from 'vitest';
import { newBatch, newRows, startBatch, succeeded } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

export function testWrites({ store, openAnother }: StoreBench): void {
  describe('writes', () => {
    it('rejects a lost lease alone: the other writes of the turn stand', async () => {
      const fence = await startBatch(store(), 'bat_1', 3);
      await store().claimRows(fence, { limit: 3, at: 1 });
      const outcomes = await Promise.allSettled([
        store().finishRow(fence, 0, succeeded(0)),
        store().finishRow({ ...fence, epoch: fence.epoch + 1 }, 1, succeeded(1)),
        store().finishRow(fence, 2, succeeded(2)),
        store().insertBatch(newBatch('bat_1')),
        store().insertBatch(newBatch('bat_2')),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect(outcomes[1]).toMatchObject({ reason: { code: 'lease_lost' } });
      const rows = await store().readRows('bat_1', { fromRow: 0, limit: 9 });
      expect(rows.map(({ status }) => status)).toEqual(['succeeded', 'running', 'succeeded']);
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ running: 1, succeeded: 2 });
      expect(await store().readBatch('bat_2')).toBeDefined();
    });

    it('undoes a write that fails half way, alone or beside others', async () => {
      const fence = await startBatch(store(), 'bat_1', 2);
      const [fresh] = newRows(2, 1);
      const [known] = newRows(0, 1);
      if (fresh === undefined || known === undefined) throw new Error('no rows');
      const insertBoth = () => store().insertRows(fence, [fresh, known]);
      await expect(insertBoth()).rejects.toMatchObject({ code: 'internal' });
      const outcomes = await Promise.allSettled([
        insertBoth(),
        store().claimRows(fence, { limit: 1, at: 1 }),
        insertBoth(),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
      expect(await store().readRows('bat_1', { fromRow: 0, limit: 9 })).toMatchObject([
        { row: 0, status: 'running' },
        { row: 1, status: 'queued' },
      ]);
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ rows: 2, queued: 1, running: 1 });
    });

    it('shows an awaited write to every reader of the same data', async () => {
      const other = await openAnother();
      await store().insertBatch(newBatch('bat_1'));
      expect(await other.readBatch('bat_1')).toBeDefined();
      await other.updateBatch('bat_1', { status: 'paused' }, {});
      expect((await store().readBatch('bat_1'))?.status).toBe('paused');
    });

    it('finishes what was asked for before it closes, closes twice, and is closed then', async () => {
      const inserted = store().insertBatch(newBatch('bat_1'));
      await Promise.all([store().close(), store().close()]);
      expect((await inserted).inserted).toBe(true);
      await expect(store().insertBatch(newBatch('bat_2'))).rejects.toMatchObject({ code: 'store_unavailable' });
      await expect(store().readBatch('bat_1')).rejects.toMatchObject({ code: 'store_unavailable' });
      await store().close();
      const again = await openAnother();
      expect(await again.readBatch('bat_1')).toBeDefined();
    });
  });
}
