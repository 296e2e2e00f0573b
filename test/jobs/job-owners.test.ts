import { afterEach, expect, test } from 'vitest';
import { type Caller, keyCaller, type Scope, scopesUpTo } from '../../src/runner/contract/caller.ts';
import { type JobsWorld, job, startJobsWorld } from './jobs-world.ts';

let world: JobsWorld;
afterEach(() => world.close());

const key = (name: string, scope: Scope, more: Partial<Caller> = {}): Caller => ({
  ...{ ...keyCaller(name, 'http'), scopes: scopesUpTo(scope) },
  ...more,
});
const idsOf = (jobs: { job_id: string }[]) => jobs.map(({ job_id }) => job_id);

test('a key sees and changes its own jobs, and the scope admin those of all', async () => {
  world = await startJobsWorld();
  const [anna, ben] = [world.jobsOf(key('anna', 'run')), world.jobsOf(key('ben', 'run'))];
  const [reader, admin] = [world.jobsOf(key('reader', 'read')), world.jobsOf(key('root', 'admin'))];
  const own = idsOf(await anna.enqueue([job('a', { idempotency_key: 'same' }), job('b')]));
  const [other = ''] = idsOf(await ben.enqueue([job('c', { idempotency_key: 'same' })]));
  expect(idsOf(await anna.list({ limit: 9 }))).toEqual([...own].reverse());
  expect(idsOf(await ben.list({ limit: 9, state: 'waiting' }))).toEqual([other]);
  expect(await reader.list({ limit: 9 })).toEqual([]);
  expect(idsOf(await admin.list({ limit: 9 }))).toEqual([other, ...[...own].reverse()]);
  const none = { code: 'job_not_found' };
  await expect(anna.show(other)).rejects.toMatchObject(none);
  await expect(anna.cancel(other)).rejects.toMatchObject(none);
  await expect(anna.setPriority(other, 9)).rejects.toMatchObject(none);
  await expect(reader.show(other)).rejects.toMatchObject(none);
  expect(await ben.show(other)).toMatchObject({ state: 'waiting', priority: 5 });
  expect(await admin.setPriority(other, 9)).toMatchObject({ priority: 9, state: 'waiting' });
  expect(await ben.cancel(other)).toMatchObject({ state: 'cancelled' });
  expect(await reader.queues()).toMatchObject([{ waiting: 2 }]);
  await expect(reader.enqueue([job('d')])).rejects.toMatchObject({ code: 'scope_missing' });
});

test('the dead letters of a job belong to its key', async () => {
  const origin = 'http://127.0.0.1:1';
  world = await startJobsWorld({ callbacks: [origin] });
  const [anna, ben] = [world.jobsOf(key('anna', 'run')), world.jobsOf(key('ben', 'run'))];
  const [id = ''] = idsOf(await anna.enqueue([job('a', { callback_url: origin })]));
  await anna.cancel(id);
  const [event] = await anna.deliveries({ limit: 9 });
  await world.store.settleDelivery(event?.event_id ?? '', { state: 'dead', error: 'refused' });
  expect(await ben.deliveries({ limit: 9, state: 'dead' })).toEqual([]);
  await expect(ben.retryDelivery(event?.event_id ?? '')).rejects.toMatchObject({ code: 'not_found' });
  expect(await anna.deliveries({ limit: 9, state: 'dead' })).toMatchObject([{ job_id: id }]);
  await anna.retryDelivery(event?.event_id ?? '');
  expect(await anna.deliveries({ limit: 9, state: 'dead' })).toEqual([]);
});

test('what is done to jobs is in the audit log, and processing counts to the budget of its caller', async () => {
  world = await startJobsWorld();
  const caller = key('anna', 'run', { budget_usd_per_day: 5 });
  const jobs = world.jobsOf(caller);
  const [first = '', second = ''] = idsOf(await jobs.enqueue([job('a'), job('b'), job('c')]));
  await jobs.setPriority(first, 9);
  await jobs.cancel(second);
  const [processed] = await jobs.process({ mode: 'realtime', accepted_usd: 1 });
  await expect(jobs.cancel('job_none')).rejects.toThrow();
  const entries = await world.store.readAudit({ limit: 20, callerId: caller.id });
  expect(entries.reverse().map(({ action, subject, outcome }) => [action, subject, outcome?.code])).toEqual([
    ['job-enqueue', null, null],
    ['job-priority', first, null],
    ['job-cancel', second, null],
    ['queue-process', null, null],
    ['batch-start', processed?.batch_id, null],
    ['job-cancel', 'job_none', 'job_not_found'],
  ]);
  expect(entries[0]?.details).toEqual({ jobs: 3, agents: ['tester'] });
  expect(entries[3]?.details).toEqual({ mode: 'realtime', max_cost_usd: null, accepted_usd: 1 });
  expect((await world.store.readBatch(processed?.batch_id ?? ''))?.budgetKey).toBe(caller.id);
});
