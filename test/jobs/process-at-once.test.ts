import { afterEach, expect, test } from 'vitest';
import type { Processing } from '../../src/jobs/process-queues.ts';
import { type JobsWorld, job, startJobsWorld } from './jobs-world.ts';

let world: JobsWorld;
afterEach(() => world.close());

const CAPPED: Processing = { mode: 'realtime', max_cost_usd: 2, isUnattended: true };
const ALL: Processing = { mode: 'realtime', max_cost_usd: 1 };

/** What two processings started that ran at the same time. */
async function both(...given: [Processing, Processing]) {
  const [first, second] = await Promise.all(given.map((one) => world.jobs.process(one)));
  return [...(first ?? []), ...(second ?? [])];
}

for (const order of ['first', 'second'] as const) {
  test(`all jobs run where one processing takes those with a cap and the other all, the capped one ${order}`, async () => {
    world = await startJobsWorld();
    await world.jobs.enqueue([job('a'), job('b', { max_cost_usd: 0.5 }), job('c')]);
    const started = await both(...((order === 'first' ? [CAPPED, ALL] : [ALL, CAPPED]) as [Processing, Processing]));
    expect(started.map(({ error }) => error)).toEqual(started.map(() => null));
    expect(started.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(3);
    for (const { batch_id: id } of started) if (id !== null) await world.runner.drive(id);
    expect(world.sent.map(({ q }) => q).toSorted()).toEqual(['a', 'b', 'c']);
    expect((await world.jobs.queues()).flatMap(({ waiting }) => waiting)).toEqual([]);
  });
}

test('jobs without a cap that another processing moved run below the cap of this one', async () => {
  world = await startJobsWorld();
  await world.jobs.enqueue([job('a'), job('b')]);
  const started = (await both(CAPPED, ALL)).filter(({ batch_id: id }) => id !== null);
  expect(started).toMatchObject([{ jobs: 2, error: null }]);
  const { options } = await world.runner.report(started[0]?.batch_id ?? '');
  expect(options.max_cost_usd).toBeLessThanOrEqual(1);
});

test('two processings of the same jobs start them once', async () => {
  world = await startJobsWorld();
  await world.jobs.enqueue([job('a'), job('b')]);
  const started = (await both(ALL, ALL)).filter(({ batch_id: id }) => id !== null);
  expect(started).toMatchObject([{ jobs: 2 }]);
  await world.runner.drive(started[0]?.batch_id ?? '');
  expect(world.sent.map(({ q }) => q).toSorted()).toEqual(['a', 'b']);
});

test('jobs of a batch that was started are not moved any more', async () => {
  world = await startJobsWorld();
  await world.jobs.enqueue([job('a')]);
  const [queue] = await world.store.listQueues();
  const [started] = await world.jobs.process(ALL);
  const from = started?.batch_id ?? '';
  if (queue === undefined) throw new Error('There is no queue.');
  const sifting = { queue, from, to: from, now: world.clock.now, cappedOnly: true };
  expect(await world.store.siftJobs(sifting)).toMatchObject({ moved: 0, expired: 0, isDone: true });
  await world.runner.drive(from);
  expect(world.sent.map(({ q }) => q)).toEqual(['a']);
});
