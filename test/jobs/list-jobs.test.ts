import { afterEach, expect, test } from 'vitest';
import { JOB_STATES } from '../../src/runner/contract/service/job.ts';
import { type JobsWorld, job, startJobsWorld } from './jobs-world.ts';

let world: JobsWorld;
afterEach(() => world.close());

const pagesOf = async (options: Parameters<typeof world.jobs.list>[0]): Promise<string[]> => {
  const page = await world.jobs.list(options);
  const last = page.at(-1);
  const ids = page.map(({ job_id }) => job_id);
  return last === undefined ? ids : [...ids, ...(await pagesOf({ ...options, before: last.job_id }))];
};

test('lists the jobs of a state, newest first, page by page', async () => {
  world = await startJobsWorld();
  const enqueue = (...all: string[]) => world.jobs.enqueue(all.map((q) => job(q)));
  const run = async () => {
    const [processed] = await world.jobs.process({ mode: 'realtime', accepted_usd: 1 });
    return processed?.batch_id ?? '';
  };
  await enqueue('a', 'b', 'c');
  await world.runner.drive(await run());
  await enqueue('d', 'e', 'f');
  await world.runner.cancel(await run());
  const late = new Date(world.clock.now + 60_000).toISOString();
  await world.jobs.enqueue([job('g', { deadline: late }), job('h', { deadline: late }), job('i')]);
  world.clock.now += 120_000;
  await run();
  const [gone] = await enqueue('j', 'k');
  await world.jobs.cancel(gone?.job_id ?? '');
  const all = await world.jobs.list({ limit: 100 });
  const found = new Set<string>();
  for (const state of JOB_STATES) {
    const expected = all.filter((one) => one.state === state).map(({ job_id }) => job_id);
    expect(await pagesOf({ state, limit: 1 })).toEqual(expected);
    expect(await pagesOf({ state, limit: 2, agent: 'tester' })).toEqual(expected);
    expect(await pagesOf({ state, limit: 2, agent: 'other' })).toEqual([]);
    if (expected.length > 0) found.add(state);
  }
  expect([...found]).toEqual(['waiting', 'queued', 'succeeded', 'cancelled', 'expired']);
});

test('lists a state that thousands of jobs have', async () => {
  world = await startJobsWorld();
  const ids: string[] = [];
  for (let at = 0; at < 11_000; at += 1_000) {
    const some = await world.jobs.enqueue(Array.from({ length: 1_000 }, (_, index) => job(`q${at + index}`)));
    ids.unshift(...some.map(({ job_id }) => job_id).reverse());
  }
  const [first] = await world.jobs.list({ state: 'waiting', limit: 1 });
  const more = await world.jobs.list({ state: 'waiting', limit: 3, before: ids[4_999] ?? '' });
  expect([first, ...more].map((one) => one?.job_id)).toEqual([ids[0], ...ids.slice(5_000, 5_003)]);
  expect(await world.jobs.list({ state: 'failed', limit: 3 })).toEqual([]);
});
