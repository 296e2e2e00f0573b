import { describe, expect, it } from 'vitest';
import type { NewUpload } from '../../../src/storage/uploads.ts';
import { newBatch } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

function newUpload(id: string, change: Partial<NewUpload> = {}): NewUpload {
  return { id, name: 'a.csv', owner: 'ann', bytes: 10, reserved: 10, maxTotalBytes: 100, createdAt: 1_000, ...change };
}

export function testUploads({ store, openAnother }: StoreBench): void {
  describe('uploads', () => {
    it('are stored, completed and read in every process', async () => {
      expect(await store().insertUpload(newUpload('upl_a', { bytes: null }))).toBe(true);
      const record = { id: 'upl_a', name: 'a.csv', owner: 'ann', createdAt: 1_000 };
      expect(await store().readUpload('upl_a')).toEqual({
        ...{ ...record, bytes: null, sha256: null, usedAt: 1_000, completedAt: null },
      });
      await store().completeUpload('upl_a', { bytes: 7, sha256: 'ab', at: 2_000 });
      const there = await openAnother();
      expect(await there.readUpload('upl_a')).toEqual({
        ...{ ...record, bytes: 7, sha256: 'ab', usedAt: 2_000, completedAt: 2_000 },
      });
      expect(await there.readUpload('upl_b')).toBeUndefined();
      expect(await there.readUploadBytes()).toBe(7);
    });

    it('never reserve more than all of them may take, in whichever process', async () => {
      const there = await openAnother();
      const tries = Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? store() : there).insertUpload(newUpload(`upl_${n}`)),
      );
      expect((await Promise.all(tries)).filter((stored) => stored)).toHaveLength(10);
      const [kept] = await store().listUploads({ limit: 1 });
      const id = kept?.id ?? '';
      expect(await store().reserveUpload(id, 11, 100)).toBe(false);
      expect(await store().reserveUpload(id, 11, 101)).toBe(true);
      expect(await there.readUploadBytes()).toBe(101);
    });

    it('are listed newest first, in pages, of one owner or of all', async () => {
      for (const [id, owner] of Object.entries({ upl_a: 'ann', upl_b: 'bob', upl_c: 'ann' }))
        await store().insertUpload(newUpload(id, { owner }));
      const ids = async (options: { owner?: string; before?: string }) =>
        (await store().listUploads({ limit: 2, ...options })).map(({ id }) => id);
      expect(await ids({})).toEqual(['upl_c', 'upl_b']);
      expect(await ids({ before: 'upl_b' })).toEqual(['upl_a']);
      expect(await ids({ owner: 'ann' })).toEqual(['upl_c', 'upl_a']);
      expect(await ids({ before: 'upl_gone' })).toEqual([]);
    });

    it('stay while a draft, a schedule, or a batch that has not ended, names them', async () => {
      for (const id of ['upl_a', 'upl_b', 'upl_c', 'upl_d', 'upl_e']) await store().insertUpload(newUpload(id));
      const plan = (id: string) => ({ request: { csv_uri: `upload://${id}#Sheet1` } });
      await store().insertBatch(newBatch('bat_1', { plan: plan('upl_a'), status: 'paused', pauseReason: 'user' }));
      await store().insertBatch(newBatch('bat_2', { plan: plan('upl_b'), status: 'completed', endedAt: 2 }));
      const draft = { id: 'dra_1', owner: 'ann', name: null, request: { csv_uri: 'upload://upl_c' }, createdAt: 1 };
      await store().insertDraft(draft);
      await store().insertSchedule({
        ...{ name: 'daily', cron: '0 2 * * *', timeZone: null, owner: 'ann', isEnabled: true, nextAt: null },
        ...{ work: { request: { csv_uri: 'upload://upl_e' } }, createdAt: 1, updatedAt: 1 },
      });
      await store().useUpload('upl_d', 5_000);
      expect(await store().listUnusedUploads(5_000, 10)).toEqual(['upl_b']);
      expect(await store().listUnusedUploads(5_001, 10)).toEqual(['upl_b', 'upl_d']);
      expect(await store().removeUpload('upl_a')).toBe('named');
      expect(await store().removeUpload('upl_c')).toBe('named');
      expect(await store().removeUpload('upl_e')).toBe('named');
      expect(await store().removeUpload('upl_b')).toBe('removed');
      expect(await store().removeUpload('upl_b')).toBe('missing');
      await store().removeDraft('dra_1');
      expect(await store().removeUpload('upl_c')).toBe('removed');
    });
  });
}
