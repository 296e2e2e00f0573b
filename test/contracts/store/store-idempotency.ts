import { describe, expect, it } from 'vitest';
import type { StoreBench } from './store-bench.ts';

export function testIdempotency({ store, openAnother }: StoreBench): void {
  const request = { caller: 'key_a', key: 'order-1', digest: 'body-1' };
  const times = (now: number) => ({ now, busyUntil: now + 10, expiresAt: now + 100 });
  const answer = { status: 201, headers: { location: '/v1/x/1' }, body: '{"id":1}' };

  describe('idempotency keys', () => {
    it('are taken by one request, and give its answer again, in every process', async () => {
      expect(await store().claimKey(request, times(1))).toEqual({ state: 'new' });
      const another = await openAnother();
      expect(await another.claimKey(request, times(2))).toEqual({ state: 'busy' });
      await store().keepAnswer(request, answer);
      expect(await another.claimKey(request, times(3))).toEqual({ state: 'answered', answer });
    });

    it('belong to one request and to one caller', async () => {
      await store().claimKey(request, times(1));
      expect(await store().claimKey({ ...request, digest: 'body-2' }, times(1))).toEqual({ state: 'other' });
      expect(await store().claimKey({ ...request, caller: 'key_b' }, times(1))).toEqual({ state: 'new' });
    });

    it('are free again when they were given back, when their request took too long, and when they expired', async () => {
      await store().claimKey(request, times(1));
      await store().freeKey(request);
      expect(await store().claimKey(request, times(2))).toEqual({ state: 'new' });
      expect(await store().claimKey(request, times(11))).toEqual({ state: 'busy' });
      expect(await store().claimKey(request, times(12))).toEqual({ state: 'new' });
      await store().keepAnswer(request, answer);
      await store().freeKey(request);
      expect(await store().claimKey(request, times(111))).toEqual({ state: 'answered', answer });
      expect(await store().claimKey({ ...request, digest: 'body-2' }, times(112))).toEqual({ state: 'new' });
    });
  });
}
