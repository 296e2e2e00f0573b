import { describe, expect, it } from 'vitest';
import { newBatch } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

export function testAppend({ store, openAnother }: StoreBench): void {
  const rows = (count: number) => Array.from({ length: count }, (_, index) => [`c${index}`]);
  const collecting = async () => {
    await store().insertBatch({ ...newBatch('bat_1'), status: 'collecting', columns: ['q'] });
  };

  describe('rows that a batch collects', () => {
    it('follow each other, and are queued', async () => {
      await collecting();
      await store().appendRows('bat_1', { rows: rows(2) });
      const appended = await store().appendRows('bat_1', { rows: rows(3) });
      expect(appended).toEqual({ first: 2, rows: 3, total: 5, repeated: false });
      const stored = await (await openAnother()).readRows('bat_1', { fromRow: 0, limit: 9 });
      expect(stored.map(({ row, line, cells }) => [row, line, ...cells])).toEqual([
        ...[
          [0, 1, 'c0'],
          [1, 2, 'c1'],
          [2, 3, 'c0'],
          [3, 4, 'c1'],
          [4, 5, 'c2'],
        ],
      ]);
      expect((await store().readBatch('bat_1'))?.totals).toMatchObject({ rows: 5, queued: 5 });
    });

    it('are not added twice under one key by two processes', async () => {
      await collecting();
      const append = { rows: rows(2), idempotency: { key: 'k', digest: 'd' } };
      const other = await openAnother();
      const both = await Promise.all([store().appendRows('bat_1', append), other.appendRows('bat_1', append)]);
      expect(both.map(({ repeated }) => repeated).toSorted()).toEqual([false, true]);
      expect((await store().readBatch('bat_1'))?.totals.rows).toBe(2);
    });

    it('stop a change that was made for another number of rows, appended in the same turn of the loop too', async () => {
      await collecting();
      const append = store().appendRows('bat_1', { rows: rows(1) });
      const change = store().updateBatch('bat_1', { status: 'created' }, { when: ['collecting'], rows: 0 });
      await append;
      expect(await change).toBe(false);
      expect(await store().updateBatch('bat_1', { status: 'created' }, { when: ['collecting'], rows: 1 })).toBe(true);
      await expect(store().appendRows('bat_1', { rows: rows(1) })).rejects.toMatchObject({
        code: 'batch_state_invalid',
      });
    });
  });
}
