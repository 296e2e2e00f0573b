import { afterEach, expect, test } from 'vitest';
import { createAnthropicBatchApi } from '../../src/providers/anthropic/anthropic-batch.ts';
import { type JobsWorld, job, startJobsWorld } from './jobs-world.ts';

let world: JobsWorld;
afterEach(() => world.close());

test('counts the waiting jobs of a queue by priority, over all of its batches, and follows changes', async () => {
  world = await startJobsWorld();
  const { now } = world.clock;
  const later = new Date(now + 3_600_000).toISOString();
  await world.jobs.enqueue([job('a', { priority: 9 }), job('b'), job('c', { not_before: later }), job('d')]);
  const [before] = await world.jobs.queues();
  expect(before?.by_priority).toEqual([
    { priority: 9, jobs: 1 },
    { priority: 5, jobs: 3 },
  ]);
  // The standing batch is closed, as a crash between sealing and starting leaves it: the next job opens another one.
  await world.store.closeStanding(
    { agent: 'tester', version: 'v1', model: before?.model ?? '' },
    before?.batch_id ?? '',
  );
  const [one] = await world.jobs.enqueue([job('e', { priority: 2 })]);
  await world.jobs.setPriority(one?.job_id ?? '', 9);
  const [after] = await world.jobs.queues();
  expect(after?.batch_id).not.toBe(before?.batch_id);
  expect(after).toMatchObject({ waiting: 5 });
  expect(after?.by_priority).toEqual([
    { priority: 9, jobs: 2 },
    { priority: 5, jobs: 3 },
  ]);
});

test('says what the waiting jobs cost either way, and processing accepts that amount', async () => {
  // Nothing is sent: the prices of the batch API are known without it.
  const api = createAnthropicBatchApi({ apiKey: 'key-1', baseUrl: 'http://127.0.0.1:9' });
  world = await startJobsWorld({ deps: { batchApi: async () => api } });
  await world.jobs.enqueue([job('a'), job('b'), job('c')]);
  const [queue] = await world.jobs.queues();
  const { standard_usd: standard, batch_usd: batch, spending_usd: spending, executor } = queue?.estimate ?? {};
  expect(executor).toBe('batch-api');
  expect(batch?.expected).toBeGreaterThan(0);
  expect(standard?.expected).toBeGreaterThan(batch?.expected ?? Number.POSITIVE_INFINITY);
  expect(spending).toBeGreaterThan(batch?.expected ?? Number.POSITIVE_INFINITY);
  expect(spending).toBe((await world.jobs.estimate()).expected_usd);
  const [done] = await world.jobs.process({ mode: 'auto', accepted_usd: spending ?? 0 });
  expect(done).toMatchObject({ jobs: 3, error: null, executor: 'batch-api' });
  expect(await world.jobs.queues('tester')).toMatchObject([{ waiting: 0, by_priority: [], estimate: null }]);
  await api.close();
});

test('an unknown price is null, never nothing', async () => {
  world = await startJobsWorld();
  await world.jobs.enqueue([job('a', { provider: 'anthropic/claude-unheard-of' })]);
  expect((await world.jobs.queues())[0]?.estimate).toMatchObject({ standard_usd: null, spending_usd: null });
});
