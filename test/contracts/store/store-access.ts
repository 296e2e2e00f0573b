import { describe, expect, it } from 'vitest';
import type { KeyRecord } from '../../../src/storage/keys.ts';
import type { StoreBench } from './store-bench.ts';

const KEY: KeyRecord = {
  ...{ id: 'key_1', name: 'importer', digest: 'd1', scopes: ['read', 'run'], owner: 'ops', budgetMicroUsd: 2.5e6 },
  ...{ requestsPerMinute: 60, createdAt: 1, usedAt: null, revokedAt: null },
};

export function testAccess({ store, openAnother }: StoreBench): void {
  describe('keys', () => {
    it('are found by digest and by id in every process, and remember their last use', async () => {
      expect(await store().hasKeys()).toBe(false);
      expect(await store().insertKey(KEY)).toBe(true);
      const another = await openAnother();
      expect(await another.readKey({ digest: 'd1' })).toEqual(KEY);
      expect(await another.readKey({ digest: 'd2' })).toBeUndefined();
      await another.useKey('key_1', 7);
      expect(await store().readKey({ id: 'key_1' })).toEqual({ ...KEY, usedAt: 7 });
    });

    it('have names that are unique until they are revoked, and stay when they are', async () => {
      await store().insertKey(KEY);
      const second = { ...KEY, id: 'key_2', digest: 'd2', createdAt: 2 };
      expect(await store().insertKey(second)).toBe(false);
      expect(await store().revokeKey('key_1', 5)).toBe(true);
      expect(await store().revokeKey('key_1', 6)).toBe(false);
      expect(await store().insertKey(second)).toBe(true);
      expect((await store().listKeys()).map(({ id, revokedAt }) => [id, revokedAt])).toEqual([
        ['key_2', null],
        ['key_1', 5],
      ]);
      await store().revokeKey('key_2', 7);
      expect(await store().hasKeys()).toBe(true);
    });

    it('end their sessions when they are revoked; sessions that expired are removed', async () => {
      await store().insertKey(KEY);
      await store().insertSession({ digest: 's1', caller: 'key_1', expiresAt: 50 }, 1);
      await store().insertSession({ digest: 's2', caller: 'key_2', expiresAt: 90 }, 1);
      expect(await store().readSession('s1')).toEqual({ digest: 's1', caller: 'key_1', expiresAt: 50 });
      await store().revokeKey('key_1', 5);
      expect(await store().readSession('s1')).toBeUndefined();
      await store().insertSession({ digest: 's3', caller: 'key_2', expiresAt: 200 }, 90);
      expect(await store().readSession('s2')).toBeUndefined();
      await store().removeSession('s3');
      expect(await store().readSession('s3')).toBeUndefined();
    });
  });

  describe('the audit log', () => {
    const entry = (at: number, action: string) => ({
      ...{ at, callerId: 'key_1', callerName: 'importer', face: 'http', action, subject: 'bat_1' },
      details: { rows: at },
    });

    it('shows entries the newest first, with their outcome, by pages and filters', async () => {
      const ids = [];
      for (const [at, action] of [
        [1, 'batch-start'],
        [2, 'batch-delete'],
        [3, 'batch-start'],
      ] as const)
        ids.push(await store().appendAudit(entry(at, action)));
      const [first = 0, second = 0, third = 0] = ids;
      await store().endAudit(first, { at: 4, code: null });
      await store().endAudit(second, { at: 5, code: 'batch_not_found' });
      const read = async (query: object) =>
        (await store().readAudit({ limit: 10, ...query })).map(({ id, outcome }) => [id, outcome]);
      expect(await read({})).toEqual([
        [third, null],
        [second, { at: 5, code: 'batch_not_found' }],
        [first, { at: 4, code: null }],
      ]);
      expect(await read({ before: third, limit: 1 })).toEqual([[second, { at: 5, code: 'batch_not_found' }]]);
      expect(await read({ action: 'batch-delete' })).toHaveLength(1);
      expect(await read({ callerId: 'key_2' })).toEqual([]);
      expect((await store().readAudit({ limit: 1 }))[0]).toMatchObject(entry(3, 'batch-start'));
    });
  });
}
