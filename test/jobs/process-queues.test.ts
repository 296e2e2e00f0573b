import { afterEach, beforeEach, expect, test } from 'vitest';
import { planOf } from '../../src/runner/output/results.ts';
import { type JobsWorld, job, startJobsWorld } from './jobs-world.ts';

let world: JobsWorld;
beforeEach(async () => {
  world = await startJobsWorld();
});
afterEach(() => world.close());

const optionsOf = async (batch: string | null | undefined) => (await world.runner.report(batch ?? '')).options;
const estimated = async () => (await world.jobs.estimate()).expected_usd ?? Number.NaN;

test('an estimate just below 1.1 times of the accepted one starts, and one just above does not', async () => {
  await world.jobs.enqueue([job('a'), job('b')]);
  const usd = await estimated();
  await expect(world.jobs.process({ mode: 'auto', accepted_usd: usd / 1.11 })).rejects.toMatchObject({
    code: 'confirmation_needed',
  });
  expect(await world.jobs.process({ mode: 'auto', accepted_usd: usd / 1.09 })).toMatchObject([{ jobs: 2 }]);
});

test('the queues of one processing share its cap by what they cost', async () => {
  await world.jobs.enqueue([job('a'), job('b', { provider: 'anthropic/claude-sonnet-5' })]);
  const done = await world.jobs.process({ mode: 'realtime', max_cost_usd: 3 });
  const caps = await Promise.all(done.map(async ({ batch_id }) => (await optionsOf(batch_id)).max_cost_usd ?? 0));
  const costs = done.map(({ expected_usd }) => expected_usd ?? Number.NaN);
  expect((caps[0] ?? 0) + (caps[1] ?? 0)).toBeCloseTo(3, 9);
  expect(caps[0]).not.toBe(caps[1]);
  expect((caps[1] ?? 0) / (caps[0] ?? 1)).toBeCloseTo((costs[1] ?? 0) / (costs[0] ?? 1), 6);
});

test('the earliest deadline of the jobs is that of their batch at the provider', async () => {
  const deadline = (hours: number) => new Date(world.clock.now + hours * 3_600_000).toISOString();
  await world.jobs.enqueue([job('a', { deadline: deadline(9) }), job('b', { deadline: deadline(5) }), job('c')]);
  const [done] = await world.jobs.process({ mode: 'auto', max_cost_usd: 1 });
  const batch = await world.store.readBatch(done?.batch_id ?? '');
  const { options } = planOf(batch ?? expect.fail('no batch')).request;
  expect(options?.batch_deadline_hours).toBeCloseTo(5, 6);
});

test('a job without a cap that arrives while nobody is asked waits, whatever the others allow', async () => {
  await world.jobs.enqueue([job('a', { max_cost_usd: 0.25 }), job('free'), job('b', { max_cost_usd: 0.5 })]);
  const [done] = await world.jobs.process({ mode: 'auto', isUnattended: true, max_cost_usd: 20 });
  expect(done).toMatchObject({ jobs: 2, later: 1 });
  expect((await optionsOf(done?.batch_id)).max_cost_usd).toBeCloseTo(0.75, 9);
  expect(await world.jobs.list({ state: 'waiting', limit: 9 })).toMatchObject([{ input: { q: 'free' } }]);
});

test('jobs that arrive after their estimate was accepted are not started by it', async () => {
  await world.jobs.enqueue([job('a')]);
  const accepted_usd = await estimated();
  const { closeStanding } = world.store;
  world.store.closeStanding = async (...given) => {
    await world.jobs.enqueue(Array.from({ length: 50 }, (_, index) => job(`late ${index}`)));
    return closeStanding(...given);
  };
  const [done] = await world.jobs.process({ mode: 'auto', accepted_usd });
  expect(done).toMatchObject({ batch_id: null, error: { code: 'confirmation_needed' } });
  expect(await world.jobs.queues()).toMatchObject([{ waiting: 51, problem: null }]);
});
