import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/protocol/messages.ts';
import type { BatchChange } from '../../../src/storage/batches.ts';
import type { Store } from '../../../src/storage/store.ts';
import { failed, newBatch, newIntent, newOwner, startBatch } from '../../storage/support/store-fixture.ts';
import type { StoreBench } from './store-bench.ts';

export function testBatches({ store, openAnother }: StoreBench): void {
  describe('batches', () => {
    it('gives a batch back as it was inserted', async () => {
      const batch = newBatch('bat_1', {
        plan: { nested: { list: [1, 'two', null] } },
        columns: ['a', 'b'],
        loadWarnings: [{ line: 3 }],
        rowLimit: 20,
        error: { code: 'budget_reached', message: 'The cap is reached.' },
        idempotencyKey: 'key',
      });
      expect(await store().insertBatch(batch)).toMatchObject({ batch: { ...batch, owner: null }, inserted: true });
      expect(await store().readBatch('bat_1')).toMatchObject(batch);
      expect(await store().readBatch('bat_2')).toBeUndefined();
    });

    it('starts once with one idempotency key, also within one turn and from two processes', async () => {
      const other = await openAnother();
      const outcomes = await Promise.all([
        store().insertBatch(newBatch('bat_1', { idempotencyKey: 'key' })),
        store().insertBatch(newBatch('bat_2', { idempotencyKey: 'key' })),
        other.insertBatch(newBatch('bat_3', { idempotencyKey: 'key' })),
      ]);
      expect(outcomes.filter(({ inserted }) => inserted)).toHaveLength(1);
      expect(new Set(outcomes.map(({ batch }) => batch.id)).size).toBe(1);
      expect(await store().listBatches({ limit: 10 })).toHaveLength(1);
    });

    it('records each state that a batch enters, with its counts, until it is removed', async () => {
      await store().insertBatch(newBatch('bat_flow', { createdAt: 5 }));
      const change = (one: BatchChange) => store().updateBatch('bat_flow', one, {});
      await change({ status: 'running', startedAt: 7 });
      await change({ status: 'running', activeMs: 3 });
      await change({ status: 'paused', pauseReason: 'user' });
      const refused = await store().updateBatch('bat_flow', { status: 'failed' }, { when: ['running'] });
      expect(refused).toBe(false);
      const counts = { queued: 0, running: 0, succeeded: 0, failed: 0 };
      const changes = await store().readStateChanges('bat_flow');
      expect(changes).toMatchObject([
        { number: 1, at: 5, status: 'created', pauseReason: null, ...counts },
        { number: 2, status: 'running', pauseReason: null },
        { number: 3, status: 'paused', pauseReason: 'user' },
      ]);
      expect(await store().readStateChanges('bat_none')).toEqual([]);
    });

    it('lists by status, agent and text, and the oldest first', async () => {
      const plan = (name: string, request: object) => ({ plan: { agent: { name }, request } as JsonObject });
      await store().insertBatch(newBatch('bat_1', plan('rater', { csv_uri: 's3://b/People.csv' })));
      await store().insertBatch(newBatch('bat_2', plan('rater', { csv_uri: 'x.csv', name: 'Nightly run' })));
      await store().insertBatch(newBatch('bat_3', plan('other', { csv_uri: 'y.csv' })));
      await store().updateBatch('bat_2', { status: 'running' }, {});
      type Filter = Parameters<Store['listBatches']>[0];
      const ids = async (filter: Partial<Filter>) =>
        (await store().listBatches({ limit: 10, ...filter })).map(({ id }) => id);
      expect(await ids({ status: ['running', 'paused'] })).toEqual(['bat_2']);
      expect(await ids({ agent: 'rater' })).toEqual(['bat_2', 'bat_1']);
      expect(await ids({ agent: 'rater', order: 'oldest' })).toEqual(['bat_1', 'bat_2']);
      expect(await ids({ text: 'PEOPLE' })).toEqual(['bat_1']);
      expect(await ids({ text: 'nightly' })).toEqual(['bat_2']);
      expect(await ids({ text: '%' })).toEqual([]);
      expect(await ids({ order: 'oldest', before: 'bat_1', limit: 1 })).toEqual(['bat_2']);
      expect(await ids({ agent: 'rater', before: 'bat_2' })).toEqual(['bat_1']);
    });

    it('refuses an id that exists, and keeps the first', async () => {
      await store().insertBatch(newBatch('bat_1', { plan: { first: true } }));
      await expect(store().insertBatch(newBatch('bat_1'))).rejects.toMatchObject({ code: 'internal' });
      expect((await store().readBatch('bat_1'))?.plan).toEqual({ first: true });
    });

    it('lists the newest first and continues after an id', async () => {
      for (const id of ['bat_1', 'bat_2', 'bat_3', 'bat_4']) await store().insertBatch(newBatch(id));
      const ids = async (options: { limit: number; before?: string }) =>
        (await store().listBatches(options)).map(({ id }) => id);
      expect(await ids({ limit: 2 })).toEqual(['bat_4', 'bat_3']);
      expect(await ids({ limit: 2, before: 'bat_3' })).toEqual(['bat_2', 'bat_1']);
      expect(await ids({ limit: 2, before: 'bat_1' })).toEqual([]);
      await expect(ids({ limit: 2, before: 'bat_9' })).rejects.toMatchObject({ code: 'batch_not_found' });
    });

    it('gives the details of many batches in one call, as each of them alone has them', async () => {
      for (const id of ['bat_1', 'bat_2', 'bat_3']) await store().insertBatch(newBatch(`${id}x`));
      for (const [id, rows] of [
        ['bat_1', 3],
        ['bat_2', 1],
      ] as const) {
        const fence = await startBatch(store(), id, rows);
        await store().insertProviderJob(fence, { id: `job_${id}`, provider: 'p', model: 'm', createdAt: 7 });
        for (const { row } of await store().claimRows(fence, { limit: 9, at: 1 })) {
          await store().writeIntent(newIntent(`${id}/${row}/1`), fence);
          await store().finishRow(fence, row, failed(row === 0 ? 'refused' : 'row_timeout'));
        }
      }
      const details = await store().readDetails(['bat_2', 'bat_gone', 'bat_1', 'bat_1x']);
      expect([...details.keys()].toSorted()).toEqual(['bat_1', 'bat_1x', 'bat_2']);
      for (const [id, { bill, jobs, failures }] of details) {
        expect(bill).toEqual(await store().readBill(id));
        expect(jobs).toEqual(await store().readProviderJobs(id));
        expect(failures).toEqual(await store().readFailures(id));
      }
      expect(details.get('bat_1')?.failures).toMatchObject([{ code: 'row_timeout', count: 2 }, { code: 'refused' }]);
      expect(details.get('bat_2')?.jobs).toMatchObject([{ id: 'job_bat_2' }]);
      expect(await store().readDetails([])).toEqual(new Map());
    });

    it('changes the given fields and leaves the others', async () => {
      const batch = newBatch('bat_1', { control: 'pause', columns: ['a'] });
      await store().insertBatch(batch);
      const change: BatchChange = {
        status: 'aggregating',
        pauseReason: 'budget',
        error: { code: 'budget_reached', message: 'The cap is reached.' },
        ending: 'failed',
        control: null,
        columns: ['a', 'b'],
        loadWarnings: ['short record'],
        rowLimit: 5,
        output: { uri: 'file:///out.csv', bytes: 12 },
        startedAt: 5,
        endedAt: 6,
        activeMs: 7,
        activeSince: 8,
        plan: { changed: true },
      };
      for (const [field, value] of Object.entries(change)) {
        expect(await store().updateBatch('bat_1', { [field]: value }, {})).toBe(true);
        Object.assign(batch, { [field]: value });
        expect(await store().readBatch('bat_1')).toMatchObject(batch);
      }
      await store().updateBatch('bat_1', { error: null, rowLimit: null, columns: null }, {});
      expect(await store().readBatch('bat_1')).toMatchObject({ error: null, rowLimit: null, columns: null });
    });

    it('changes nothing when the status is another than asked for', async () => {
      await store().insertBatch(newBatch('bat_1', { status: 'paused' }));
      expect(await store().updateBatch('bat_1', { status: 'running' }, { when: ['running'] })).toBe(false);
      expect((await store().readBatch('bat_1'))?.status).toBe('paused');
      expect(await store().updateBatch('bat_1', { status: 'running' }, { when: ['created', 'paused'] })).toBe(true);
      expect((await store().readBatch('bat_1'))?.status).toBe('running');
    });

    it('lets one of two guarded changes of one turn through', async () => {
      await store().insertBatch(newBatch('bat_1', { status: 'paused' }));
      const resume = () => store().updateBatch('bat_1', { status: 'running' }, { when: ['paused'] });
      expect(await Promise.all([resume(), resume()])).toEqual([true, false]);
    });

    it('refuses a change under a lost lease and a change of no batch', async () => {
      const fence = await startBatch(store(), 'bat_1', 0);
      const stale = { ...fence, epoch: fence.epoch - 1 };
      await expect(store().updateBatch('bat_1', { status: 'paused' }, { fence: stale })).rejects.toMatchObject({
        code: 'lease_lost',
      });
      expect(await store().updateBatch('bat_1', { control: 'cancel' }, { fence })).toBe(true);
      expect(await store().readBatch('bat_1')).toMatchObject({ status: 'running', control: 'cancel' });
      await expect(store().updateBatch('bat_9', {}, {})).rejects.toMatchObject({ code: 'batch_not_found' });
      await expect(store().acquireLease('bat_9', newOwner('a'))).rejects.toMatchObject({ code: 'batch_not_found' });
    });
  });
}
