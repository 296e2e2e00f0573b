import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { CALL_USD, testAgent } from '../runner/world.ts';
import { type JobsWorld, job, startJobsWorld } from './jobs-world.ts';

let world: JobsWorld;
afterEach(() => world.close());

const later = (hours: number) => new Date(world.clock.now + hours * 3_600_000).toISOString();
const ids = async (...requests: Parameters<typeof world.jobs.enqueue>[0][number][]) =>
  (await world.jobs.enqueue(requests)).map(({ job_id }) => job_id);
const states = async (all: string[]) => Promise.all(all.map(async (id) => (await world.jobs.show(id)).state));

test('collects jobs in the standing batch, processes it by the accepted estimate, and shows results and costs', async () => {
  world = await startJobsWorld();
  const [first, second] = await ids(job('a'), job('b'));
  const [queue] = await world.jobs.queues();
  expect(queue).toMatchObject({ agent: 'tester', waiting: 2, problem: null, oldest_at: '2026-11-29T02:00:00.000Z' });
  expect(await world.jobs.show(first ?? '')).toMatchObject({
    state: 'waiting',
    batch_id: queue?.batch_id,
    input: { q: 'a' },
  });
  const [processed] = await world.jobs.process({ accepted_usd: 1, mode: 'auto' });
  expect(processed).toMatchObject({ batch_id: queue?.batch_id, jobs: 2, later: 0, expired: 0, error: null });
  expect(await states([first ?? ''])).toEqual(['queued']);
  expect(await world.jobs.queues()).toEqual([]);
  await ids(job('c'));
  expect((await world.jobs.queues())[0]?.batch_id).not.toBe(queue?.batch_id);
  expect((await world.runner.drive(processed?.batch_id ?? '')).status).toBe('completed');
  const shown = await world.jobs.show(second ?? '');
  expect(shown).toMatchObject({ state: 'succeeded', result: { answer: 'b!' }, error: null, saved_usd: 0 });
  expect(shown.cost_usd).toBeCloseTo(CALL_USD, 12);
});

test('starts nothing without a cap or an accepted estimate, and nothing above 1.1 times of it', async () => {
  world = await startJobsWorld();
  const all = await ids(...Array.from({ length: 50 }, (_, index) => job(`q${index}`)));
  for (const request of [{}, { accepted_usd: 0.000_000_1 }]) {
    await expect(world.jobs.process({ mode: 'auto', ...request })).rejects.toMatchObject({
      code: 'confirmation_needed',
    });
  }
  expect(new Set(await states(all))).toEqual(new Set(['waiting']));
  const [processed] = await world.jobs.process({ mode: 'auto', max_cost_usd: 0.5 });
  expect((await world.runner.report(processed?.batch_id ?? '')).options.max_cost_usd).toBe(0.5);
});

test('runs jobs by priority, and follows one that is changed while it waits', async () => {
  world = await startJobsWorld();
  const [low] = await ids(job('low', { priority: 1 }), job('mid'), job('high', { priority: 9 }), job('mid2'));
  await ids(job('last', { priority: 1 }));
  expect(await world.jobs.setPriority(low ?? '', 10)).toMatchObject({ priority: 10 });
  const [processed] = await world.jobs.process({ accepted_usd: 1, mode: 'realtime' });
  await world.runner.set(processed?.batch_id ?? '', { concurrency: 1 });
  await world.runner.drive(processed?.batch_id ?? '');
  expect(world.sent.map(({ q }) => q)).toEqual(['low', 'high', 'mid', 'mid2', 'last']);
  await expect(world.jobs.setPriority(low ?? '', 3)).rejects.toMatchObject({
    code: 'batch_state_invalid',
    message: expect.stringContaining('is succeeded'),
  });
});

test('moves jobs that are not due to the next standing batch, with their priority, and ends those that are late', async () => {
  world = await startJobsWorld();
  const [now, future, late] = await ids(
    ...[job('now'), job('future', { not_before: later(2), priority: 8 }), job('late', { deadline: later(1) })],
  );
  world.clock.now += 1.5 * 3_600_000;
  const [first] = await world.jobs.process({ accepted_usd: 1, mode: 'auto' });
  expect(first).toMatchObject({ jobs: 1, later: 1, expired: 1 });
  expect(await states([now ?? '', future ?? '', late ?? ''])).toEqual(['queued', 'waiting', 'expired']);
  expect((await world.jobs.show(late ?? '')).error).toMatchObject({ code: 'deadline_passed' });
  await world.runner.drive(first?.batch_id ?? '');
  await ids(job('after'));
  world.clock.now += 3_600_000;
  const [second] = await world.jobs.process({ accepted_usd: 1, mode: 'realtime' });
  expect(second).toMatchObject({ jobs: 2, later: 0 });
  await world.runner.drive(second?.batch_id ?? '');
  expect(world.sent.map(({ q }) => q)).toEqual(['now', 'future', 'after']);
  expect(await world.jobs.show(future ?? '')).toMatchObject({ state: 'succeeded', result: { answer: 'future!' } });
});

test('processes unattended only jobs with a cap or an accepted estimate, under the sum of them', async () => {
  world = await startJobsWorld();
  const capped = [job('b', { max_cost_usd: 0.01 }), job('c', { accepted_usd: 0.02 })];
  const all = await ids(job('a'), ...capped, job('d', { accepted_usd: 0 }));
  const [processed] = await world.jobs.process({ mode: 'auto', isUnattended: true });
  expect(processed).toMatchObject({ jobs: 2, later: 2 });
  expect(await states(all)).toEqual(['waiting', 'queued', 'queued', 'waiting']);
  // An accepted estimate may be passed by a tenth.
  expect((await world.runner.report(processed?.batch_id ?? '')).options.max_cost_usd).toBeCloseTo(0.032, 9);
});

test('cancels a job that waits or is queued, and none that has started', async () => {
  world = await startJobsWorld();
  const [a, b, c] = await ids(job('a'), job('b'), job('c'));
  expect(await world.jobs.cancel(a ?? '')).toMatchObject({ state: 'cancelled', batch_id: null, input: null });
  const [processed] = await world.jobs.process({ accepted_usd: 1, mode: 'realtime' });
  await world.jobs.cancel(b ?? '');
  await world.runner.drive(processed?.batch_id ?? '');
  expect(await states([a ?? '', b ?? '', c ?? ''])).toEqual(['cancelled', 'cancelled', 'succeeded']);
  await expect(world.jobs.cancel(c ?? '')).rejects.toMatchObject({ code: 'batch_state_invalid' });
  await expect(world.jobs.cancel('job_none')).rejects.toMatchObject({ code: 'job_not_found' });
  expect(world.sent).toHaveLength(1);
});

test('enqueues a job once for its key, and a request once for its key', async () => {
  world = await startJobsWorld();
  const [first] = await world.jobs.enqueue([job('a', { idempotency_key: 'k' })]);
  expect(await world.jobs.enqueue([job('a', { idempotency_key: 'k' })])).toEqual([{ ...first, repeated: true }]);
  await expect(world.jobs.enqueue([job('b', { idempotency_key: 'k' })])).rejects.toThrow('with another input');
  const bulk = [job('x'), job('y')];
  const once = await world.jobs.enqueue(bulk, { key: 'bulk' });
  const again = await world.jobs.enqueue([...bulk, job('z')], { key: 'bulk' });
  expect(again.map(({ repeated }) => repeated)).toEqual([true, true, false]);
  expect(again.slice(0, 2).map(({ job_id }) => job_id)).toEqual(once.map(({ job_id }) => job_id));
  expect((await world.jobs.queues())[0]?.waiting).toBe(4);
});

test('names every faulty job before one is added', async () => {
  world = await startJobsWorld();
  const bad = [
    job('a'),
    job('b', { input: { qq: 'b' } }),
    job('c', { agent: 'nobody' }),
    job('d', { callback_url: 'https://x.test/' }),
  ];
  const error = await world.jobs.enqueue(bad).catch((thrown: unknown) => thrown as AppError);
  expect(error).toMatchObject({ code: 'field_unknown' });
  expect((error as AppError).message.split('\n')).toEqual([
    expect.stringContaining('jobs[1]: The agent has no input field "qq". Did you mean "q"?'),
    expect.stringContaining('jobs[2]: There is no agent "nobody"'),
    expect.stringContaining('jobs[3]: Results may not be sent to https://x.test.'),
  ]);
  expect((error as AppError).faults.map(({ place }) => place)).toEqual([
    ...['jobs[1].input.qq', 'jobs[2].agent', 'jobs[3].callback_url'],
  ]);
  await expect(world.jobs.enqueue([job('e', { input: {} })])).rejects.toThrow('The input lacks the field "q"');
  expect(await world.jobs.queues()).toEqual([]);
});

test('keeps the jobs of an agent that was deleted, says why, and runs them once it is back', async () => {
  let isThere = true;
  const agent = testAgent();
  const findAgent = async () => {
    if (!isThere) throw new AppError('agent_not_found', 'There is no agent "tester".');
    return agent;
  };
  world = await startJobsWorld({ deps: { findAgent } });
  const all = await ids(job('a'));
  isThere = false;
  const gone = { code: 'agent_not_found', message: 'There is no agent "tester".' };
  expect(await world.jobs.queues()).toMatchObject([{ waiting: 1, problem: gone }]);
  expect(await world.jobs.process({ mode: 'auto', max_cost_usd: 1 })).toMatchObject([{ batch_id: null, error: gone }]);
  expect(await states(all)).toEqual(['waiting']);
  isThere = true;
  expect(await world.jobs.process({ mode: 'auto', max_cost_usd: 1 })).toMatchObject([{ jobs: 1, error: null }]);
});

test('runs one job immediately in a batch of its own, and leaves no trace of one that was not approved', async () => {
  world = await startJobsWorld();
  await ids(job('waits'));
  const refuse = async () => Promise.reject(new AppError('confirmation_needed', 'no'));
  await expect(world.jobs.runNow(job('no'), refuse)).rejects.toMatchObject({ code: 'confirmation_needed' });
  const { job: ran, batch } = await world.jobs.runNow(job('now'), async () => undefined);
  expect(ran).toMatchObject({ state: 'queued', batch_id: batch.batch_id });
  await world.runner.drive(batch.batch_id);
  expect(world.sent.map(({ q }) => q)).toEqual(['now']);
  expect((await world.jobs.list({ limit: 9 })).map(({ state }) => state)).toEqual([
    'succeeded',
    'cancelled',
    'waiting',
  ]);
  expect(await world.jobs.list({ limit: 9, state: 'waiting' })).toHaveLength(1);
});

test('collects jobs of other models in queues of their own', async () => {
  world = await startJobsWorld();
  await ids(job('a'), job('b', { provider: 'anthropic/claude-sonnet-5' }), job('c', { provider: 'anthropic' }));
  expect((await world.jobs.queues()).map(({ model, waiting }) => [model, waiting])).toEqual([
    ['anthropic/claude-haiku-5-5', 2],
    ['anthropic/claude-sonnet-5', 1],
  ]);
  const [cheap, dear] = await world.jobs.process({ mode: 'auto', accepted_usd: 1 });
  expect(dear?.expected_usd).toBeGreaterThan(2 * (cheap?.expected_usd ?? 1));
  await expect(world.jobs.enqueue([job('d', { provider: 'acme' })])).rejects.toThrow('There is no provider "acme"');
});

test('claims by priority from the first job on that has another one', async () => {
  world = await startJobsWorld();
  await ids(job('mid'), job('low', { priority: 2 }), job('high', { priority: 6 }));
  const [processed] = await world.jobs.process({ accepted_usd: 1, mode: 'realtime' });
  await world.runner.set(processed?.batch_id ?? '', { concurrency: 1 });
  await world.runner.drive(processed?.batch_id ?? '');
  expect(world.sent.map(({ q }) => q)).toEqual(['high', 'mid', 'low']);
});

test('puts jobs in order when they are processed, also after a crash between two portions', async () => {
  world = await startJobsWorld();
  const [first = ''] = await ids(
    job('d', { priority: 3 }),
    job('b', { priority: 8 }),
    job('c'),
    job('a', { priority: 9 }),
  );
  const { batch_id: batch } = await world.jobs.show(first);
  expect(await world.store.readJobOrder(batch ?? '')).toEqual([3, 1, 2, 0]);
  await world.store.moveJobs(batch ?? '', [3, 1]);
  expect(await world.store.readJobOrder(batch ?? '')).toEqual([4, 5, 2, 0]);
  await ids(job('e', { priority: 1 }));
  const [processed] = await world.jobs.process({ accepted_usd: 1, mode: 'realtime' });
  expect(processed).toMatchObject({ batch_id: batch, jobs: 5 });
  expect(await world.store.readJobOrder(batch ?? '')).toEqual([]);
  await expect(world.jobs.setPriority(first, 10)).rejects.toMatchObject({
    code: 'batch_state_invalid',
    message: expect.stringContaining('is queued'),
  });
  await world.runner.set(processed?.batch_id ?? '', { concurrency: 1 });
  await world.runner.drive(processed?.batch_id ?? '');
  expect(world.sent.map(({ q }) => q)).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(await world.jobs.show(first)).toMatchObject({
    state: 'succeeded',
    input: { q: 'd' },
    result: { answer: 'd!' },
  });
});

test('neither cancels nor moves a job whose row is claimed', async () => {
  world = await startJobsWorld();
  const [id] = await ids(job('a'));
  const [processed] = await world.jobs.process({ accepted_usd: 1, mode: 'realtime' });
  const batch = processed?.batch_id ?? '';
  await world.store.updateBatch(batch, { status: 'running' }, {});
  const lease = await world.store.acquireLease(batch, world.deps.owner);
  if (!lease.acquired) throw new Error('the lease is taken');
  await world.store.claimRows(lease.fence, { limit: 1, at: 1 });
  await expect(world.jobs.cancel(id ?? '')).rejects.toThrow('is running');
  await expect(world.jobs.setPriority(id ?? '', 9)).rejects.toThrow('is running');
});

test('keeps the standing batch open when its agent goes while it is processed', async () => {
  let isThere = true;
  const agent = testAgent();
  world = await startJobsWorld({
    deps: {
      findAgent: async () => {
        if (!isThere) throw new AppError('agent_not_found', 'gone');
        return agent;
      },
    },
    intercept: (method) => {
      if (method === 'closeStanding') isThere = false;
    },
  });
  await ids(job('a'));
  const [before] = await world.jobs.queues();
  expect(await world.jobs.process({ mode: 'auto', max_cost_usd: 1 })).toMatchObject([{ error: { message: 'gone' } }]);
  expect(await world.jobs.queues()).toMatchObject([{ batch_id: before?.batch_id, waiting: 1 }]);
});

test('checks each input by the definition that holds when its queue is processed', async () => {
  let input = testAgent().input;
  const findAgent = async () => testAgent({ input });
  world = await startJobsWorld({ deps: { findAgent } });
  const all = await ids(job('a'), job('b42'));
  input = { ...input, properties: { q: { type: 'string', maxLength: 1 } } };
  const [processed] = await world.jobs.process({ mode: 'realtime', max_cost_usd: 1 });
  await world.runner.drive(processed?.batch_id ?? '');
  expect(await states(all)).toEqual(['succeeded', 'failed']);
  expect((await world.jobs.show(all[1] ?? '')).error).toMatchObject({ code: 'input_invalid' });
  expect(world.sent).toEqual([{ q: 'a' }]);
  const waits = await ids(job('c'));
  input = { type: 'object', properties: { other: { type: 'string' } }, required: ['other'] };
  const refused = { batch_id: null, error: { message: expect.stringContaining('"other"') } };
  expect(await world.jobs.process({ mode: 'realtime', max_cost_usd: 1 })).toMatchObject([refused]);
  expect(await states(waits)).toEqual(['waiting']);
});
