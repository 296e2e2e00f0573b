import { describe, expect, it } from 'vitest';
import type { StoreBench } from './store-bench.ts';

export function testDrafts({ store, openAnother }: StoreBench): void {
  describe('drafts', () => {
    const draft = { id: 'dra_1', owner: 'ann', name: 'Towns', request: { csv_uri: 'a.csv' }, createdAt: 1_000 };

    it('change only from the revision that was read', async () => {
      expect(await store().insertDraft(draft)).toEqual({ ...draft, revision: 1, updatedAt: 1_000 });
      const change = { name: null, request: { csv_uri: 'b.csv' }, revision: 1, at: 2_000 };
      const there = await openAnother();
      const changes = await Promise.all([store().updateDraft('dra_1', change), there.updateDraft('dra_1', change)]);
      expect(changes.filter((one) => one !== undefined)).toEqual([
        { ...draft, name: null, request: { csv_uri: 'b.csv' }, revision: 2, updatedAt: 2_000 },
      ]);
      expect(await there.readDraft('dra_1')).toMatchObject({ revision: 2, request: { csv_uri: 'b.csv' } });
    });

    it('are listed by owner, newest first, and removed once', async () => {
      for (const [id, owner] of Object.entries({ dra_1: 'ann', dra_2: 'bob', dra_3: 'ann' }))
        await store().insertDraft({ ...draft, id, owner });
      const ids = async (before?: string) =>
        (await store().listDrafts({ owner: 'ann', limit: 5, ...(before !== undefined && { before }) })).map(
          ({ id }) => id,
        );
      expect(await ids()).toEqual(['dra_3', 'dra_1']);
      expect(await ids('dra_3')).toEqual(['dra_1']);
      expect(await store().removeDraft('dra_3')).toBe(true);
      expect(await store().removeDraft('dra_3')).toBe(false);
      expect(await store().readDraft('dra_3')).toBeUndefined();
    });
  });
}
