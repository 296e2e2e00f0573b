import { describe, expect, it } from 'vitest';
import { currentHost } from '../../../src/base/process/process-identity.ts';
import type { BatchStatus } from '../../../src/storage/batches.ts';
import { newBatch, newOwner, newRows, startBatch, succeeded } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

export function testLeases({ store, world, openAnother }: StoreBench): void {
  describe('leases', () => {
    it('gives a lease to one of two that ask', async () => {
      await store().insertBatch(newBatch('bat_1'));
      const other = await openAnother();
      const outcomes = await Promise.all([
        store().acquireLease('bat_1', newOwner('a')),
        other.acquireLease('bat_1', newOwner('b')),
      ]);
      expect(outcomes.filter(({ acquired }) => acquired)).toHaveLength(1);
      const owner = (await store().readBatch('bat_1'))?.owner;
      expect(outcomes.find(({ acquired }) => !acquired)).toEqual({ acquired: false, owner });
    });

    it('takes a dead owner over at once', async () => {
      await startBatch(store(), 'bat_1', 0, newOwner('a'));
      world().isAlive = () => false;
      expect(await store().listLapsedBatches()).toEqual(['bat_1']);
      expect(await store().acquireLease('bat_1', newOwner('b'))).toMatchObject({ acquired: true });
    });

    it('takes a silent owner over after 15 s, and not before', async () => {
      const owner = newOwner('a');
      await startBatch(store(), 'bat_1', 0, owner);
      world().nowMs += 14_999;
      expect(await store().listLapsedBatches()).toEqual([]);
      expect(await store().acquireLease('bat_1', newOwner('b'))).toEqual({ acquired: false, owner });
      world().nowMs += 1;
      expect(await store().listLapsedBatches()).toEqual(['bat_1']);
      expect(await store().acquireLease('bat_1', newOwner('b'))).toMatchObject({ acquired: true });
    });

    it('judges an owner of this boot by the monotonic clock: a jump of the wall clock takes no lease', async () => {
      const owner = newOwner('a', currentHost());
      await startBatch(store(), 'bat_1', 0, owner);
      world().isAlive = () => true;
      world().nowMs += 86_400_000;
      world().uptimeMs += 14_999;
      expect(await store().acquireLease('bat_1', newOwner('b'))).toEqual({ acquired: false, owner });
      world().nowMs -= 2 * 86_400_000;
      world().uptimeMs += 1;
      expect(await store().acquireLease('bat_1', newOwner('b'))).toMatchObject({ acquired: true });
    });

    it('keeps a lease that is renewed, and hands over what was asked of the owner', async () => {
      const fence = await startBatch(store(), 'bat_1', 0);
      for (let beat = 0; beat < 3; beat++) {
        world().nowMs += 10_000;
        expect(await store().renewLease(fence)).toBeNull();
      }
      expect(await store().acquireLease('bat_1', newOwner('b'))).toMatchObject({ acquired: false });
      await store().updateBatch('bat_1', { control: 'cancel' }, {});
      expect(await store().renewLease(fence)).toBe('cancel');
    });

    it('rejects every write of an owner that was taken over', async () => {
      const lost = await startBatch(store(), 'bat_1', 3);
      await store().claimRows(lost, { limit: 1, at: 1 });
      world().isAlive = () => false;
      const lease = await store().acquireLease('bat_1', newOwner('b'));
      if (!lease.acquired) throw new Error('not acquired');
      const before = await store().readBatch('bat_1');
      const key = { run: 'run', turn: 0, call: 0 };
      const writes = [
        () => store().renewLease(lost),
        () => store().releaseLease(lost),
        () => store().insertRows(lost, newRows(3, 1)),
        () => store().clearRows(lost),
        () => store().claimRows(lost, { limit: 1, at: 1 }),
        () => store().finishRow(lost, 0, succeeded(0)),
        () => store().returnRow(lost, 0),
        () => store().returnRunningRows(lost),
        () => store().redriveRows(lost, {}),
        () =>
          store().writeIntent(
            { ...key, kind: 'model', name: 'm', request: 1, idempotent: true, worstMicroUsd: 1, at: 1 },
            lost,
          ),
        () => store().writeAnswer(key, { response: 1, usage: null, costMicroUsd: 1, requestId: null, at: 1 }, lost),
        () => store().writeRefusal(key, lost),
      ];
      for (const write of writes) await expect(write()).rejects.toMatchObject({ code: 'lease_lost' });
      expect(await store().readBatch('bat_1')).toEqual(before);
      expect(await store().readJournal('run')).toEqual([]);
      expect(await store().returnRunningRows(lease.fence)).toBe(1);
    });

    it('frees a released batch, and what was released cannot write', async () => {
      const fence = await startBatch(store(), 'bat_1', 1);
      await store().releaseLease(fence);
      expect((await store().readBatch('bat_1'))?.owner).toBeNull();
      await expect(store().claimRows(fence, { limit: 1, at: 1 })).rejects.toMatchObject({ code: 'lease_lost' });
      expect(await store().acquireLease('bat_1', newOwner('b'))).toMatchObject({ acquired: true });
    });

    it('lists the batches under way that nobody owns, oldest first', async () => {
      const statuses: BatchStatus[] = [
        ...(['created', 'validating', 'loading', 'running', 'aggregating'] as const),
        ...(['paused', 'completed', 'failed', 'cancelled'] as const),
      ];
      for (const status of statuses) await store().insertBatch(newBatch(status, { status }));
      await store().acquireLease('loading', newOwner('a'));
      expect(await store().listLapsedBatches()).toEqual(['created', 'validating', 'running', 'aggregating']);
    });
  });
}
