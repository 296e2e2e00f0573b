import { describe, expect, it } from 'vitest';
import { newBatch } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

/** Written tables and reserved places. */
export function testWritten({ store, openAnother }: StoreBench): void {
  describe('written tables', () => {
    it('are found by their place, and by their mark after they were renamed', async () => {
      await store().recordWritten({ place: 'file:/a.csv', mark: null, batchId: null });
      await store().recordWritten({ place: 'file:/b.csv', mark: 'm1', batchId: null });
      await store().recordWritten({ place: 'file:/b.csv', mark: null, batchId: null });
      const tables = [
        { place: 'file:/a.csv', mark: 'other' },
        { place: 'file:/renamed.csv', mark: 'm1' },
        { place: 'file:/c.csv', mark: null },
        { place: 'file:/d.csv', mark: 'm2' },
      ];
      expect([...(await store().findWritten(tables))]).toEqual(['file:/a.csv', 'file:/renamed.csv']);
      await store().recordWritten({ place: 'file:/b.csv', mark: 'm2', batchId: null });
      expect([...(await store().findWritten(tables))]).toEqual(['file:/a.csv', 'file:/d.csv']);
    });
  });

  describe('the writer of a table', () => {
    it('is the batch that completed it last', async () => {
      expect(await store().readWriter('file:/a.csv')).toBe(null);
      const record = (batchId: string | null) => store().recordWritten({ place: 'file:/a.csv', mark: null, batchId });
      await record('bat_1');
      await record(null);
      expect(await store().readWriter('file:/a.csv')).toBe('bat_1');
      await record('bat_2');
      expect(await store().readWriter('file:/a.csv')).toBe('bat_2');
    });
  });

  describe('reserved places', () => {
    it('belong to one batch until it has ended, over all processes', async () => {
      const other = await openAnother();
      const starts = [
        store().insertBatch(newBatch('bat_1', { reserves: '/out.csv' })),
        other.insertBatch(newBatch('bat_2', { reserves: '/out.csv' })),
      ];
      const outcomes = await Promise.allSettled(starts);
      const refused = outcomes.filter((one) => one.status === 'rejected');
      expect(refused).toMatchObject([
        { reason: { code: 'output_exists', message: expect.stringMatching(/bat_[12] has not ended/) } },
      ]);
      await store().insertBatch(newBatch('bat_3', { reserves: '/other.csv' }));
      for (const { id } of await store().listBatches({ limit: 9 })) {
        await store().updateBatch(id, { status: 'completed' }, {});
      }
      expect((await store().insertBatch(newBatch('bat_4', { reserves: '/out.csv' }))).inserted).toBe(true);
    });
  });
}
