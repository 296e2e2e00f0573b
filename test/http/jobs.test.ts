import { afterEach, expect, test } from 'vitest';
import { createHttpApp, type HttpApp } from '../../src/http/app.ts';
import { type JobsWorld, startJobsWorld } from '../jobs/jobs-world.ts';
import { httpParts, noConfirmations } from './http-parts.ts';

let world: JobsWorld;
afterEach(() => world.close());

const queue = (input: object, more: object = {}) => ({ agent: 'tester', input, ...more });

async function startApp(confirmAboveUsd = 5): Promise<HttpApp> {
  world = await startJobsWorld({ callbacks: ['http://127.0.0.1:9'] });
  const confirmations = { ...noConfirmations(), startUnasked: async () => ({ counted: true, sumUsd: 0 }) };
  return createHttpApp({
    ...httpParts({ idempotency: world.store }),
    start: {
      runnerOf: () => world.runner,
      tablesOf: () => {
        throw new Error('This test has no tables.');
      },
      jobsOf: () => world.jobs,
      approval: () => ({ confirmAboveUsd, confirmations }),
    },
  });
}

/** Sends a request; resolves to its status and body. */
async function call(app: HttpApp, line: string, body?: unknown, headers: Record<string, string> = {}) {
  const [method = 'GET', path = ''] = line.split(' ');
  const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json';
  const answer = await app.request(path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': type }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

test('takes a job from its queue to its result', async () => {
  const app = await startApp();
  const { status, body: job } = await call(app, 'POST /v1/jobs', queue({ q: 'a' }, { priority: 7 }));
  expect([status, job]).toMatchObject([201, { state: 'waiting', priority: 7, input: { q: 'a' } }]);
  expect((await call(app, 'GET /v1/queues')).body.items).toMatchObject([{ agent: 'tester', waiting: 1 }]);
  const refused = await call(app, 'POST /v1/queues/tester/process', {});
  expect(refused).toMatchObject({ status: 409, body: { code: 'confirmation_needed' } });
  const done = await call(app, 'POST /v1/queues/process', { max_cost_usd: 1 });
  expect(done).toMatchObject({ status: 200, body: { items: [{ jobs: 1, batch_id: job.batch_id }] } });
  await world.runner.drive(job.batch_id);
  expect((await call(app, `GET /v1/jobs/${job.job_id}`)).body).toMatchObject({
    ...{ state: 'succeeded', result: { answer: 'a!' }, cost_usd: 0.00002, saved_usd: 0 },
  });
});

test('places what is wrong with a job at its fields', async () => {
  const app = await startApp();
  const refused = async (job: object) => (await call(app, 'POST /v1/jobs', job)).body;
  const placesOf = async (job: object) => {
    const { place, faults } = await refused(job);
    return faults?.map((fault: { place: string }) => fault.place) ?? [place];
  };
  expect(await placesOf(queue({}))).toEqual(['body.input.q']);
  expect(await placesOf(queue({ q: 'a', x: 1, y: 2 }))).toEqual(['body.input.x', 'body.input.y']);
  expect(await placesOf(queue({ q: 'a' }, { agent: 'nobody' }))).toEqual(['body.agent']);
  expect(await placesOf(queue({ q: 'a' }, { provider: 'nowhere' }))).toEqual(['body.provider']);
  expect(await placesOf(queue({ q: 'a' }, { deadline: '2020-01-01T00:00:00Z' }))).toEqual(['body.deadline']);
  expect(await placesOf(queue({ q: 'a' }, { priority: 11 }))).toEqual(['body.priority']);
  expect((await refused(queue({}))).detail).toBe('The input lacks the field "q", which the agent requires.');
});

test('runs a job at once, cancels another, moves a third, and pages through all', async () => {
  const app = await startApp();
  const now = await call(app, 'POST /v1/jobs', queue({ q: 'now' }, { mode: 'now' }));
  expect(now).toMatchObject({ status: 201, body: { state: 'queued' } });
  const [a, b] = [
    await call(app, 'POST /v1/jobs', queue({ q: 'a' })),
    await call(app, 'POST /v1/jobs', queue({ q: 'b' })),
  ];
  expect((await call(app, `POST /v1/jobs/${a.body.job_id}/cancel`)).body).toMatchObject({ state: 'cancelled' });
  expect((await call(app, `PATCH /v1/jobs/${b.body.job_id}`, { priority: 9 })).body).toMatchObject({ priority: 9 });
  expect(await call(app, `PATCH /v1/jobs/${b.body.job_id}`, { priority: 11 })).toMatchObject({ status: 400 });
  const first = await call(app, 'GET /v1/jobs?limit=2');
  expect(first.body.items.map((job: { job_id: string }) => job.job_id)).toEqual([b.body.job_id, a.body.job_id]);
  const second = await call(app, `GET /v1/jobs?limit=2&cursor=${first.body.next_cursor}`);
  expect(second.body).toMatchObject({ items: [{ job_id: now.body.job_id }], next_cursor: null });
  expect(await call(app, 'GET /v1/jobs/job_none')).toMatchObject({ status: 404, body: { code: 'job_not_found' } });
});

test('lists dead letters, and sends one again', async () => {
  const app = await startApp();
  const callback_url = 'http://127.0.0.1:9/hook';
  const { body: job } = await call(app, 'POST /v1/jobs', queue({ q: 'a' }, { callback_url }));
  await call(app, `POST /v1/jobs/${job.job_id}/cancel`);
  const [delivery] = await world.store.claimDeliveries({ now: world.clock.now, until: world.clock.now + 1, limit: 9 });
  const event = delivery?.eventId ?? '';
  const dead = { event_id: event, job_id: job.job_id, url: callback_url, state: 'dead', error: 'gone', next_at: null };
  await world.store.settleDelivery(event, { state: 'dead', error: 'gone' });
  expect((await call(app, 'GET /v1/deliveries?state=dead')).body.items).toMatchObject([dead]);
  expect((await app.request(`/v1/deliveries/${event}/retry`, { method: 'POST' })).status).toBe(204);
  expect((await call(app, 'GET /v1/deliveries?state=dead')).body.items).toEqual([]);
  expect(await call(app, `POST /v1/deliveries/${event}/retry`)).toMatchObject({ status: 404 });
});

test('runs nothing at once whose cost a person has to accept', async () => {
  const app = await startApp(0);
  const job = queue({ q: 'now' }, { mode: 'now' });
  expect(await call(app, 'POST /v1/jobs', job)).toMatchObject({ status: 409, body: { code: 'confirmation_needed' } });
  expect((await call(app, 'GET /v1/queues')).body.items).toEqual([]);
  expect(await call(app, 'POST /v1/jobs', { ...job, accepted_usd: 1 })).toMatchObject({ status: 201 });
});

test('takes many jobs as a document or as lines, once for a key, and names a faulty one by its place', async () => {
  const app = await startApp();
  const jobs = Array.from({ length: 1_200 }, (_, index) => queue({ q: `q${index}` }));
  const key = { 'idempotency-key': 'bulk-1' };
  const first = await call(app, 'POST /v1/jobs/bulk', { jobs }, key);
  expect([first.status, first.body.items.length]).toEqual([201, 1_200]);
  const again = await call(app, 'POST /v1/jobs/bulk', jobs.map((job) => JSON.stringify(job)).join('\n'), key);
  expect(again.body.items.map(({ job_id }: { job_id: string }) => job_id)).toEqual(
    first.body.items.map(({ job_id }: { job_id: string }) => job_id),
  );
  expect((await call(app, 'GET /v1/queues')).body.items).toMatchObject([{ waiting: 1_200 }]);
  const lines = `${JSON.stringify(queue({ q: 'a' }))}\n{"agent": "tester"}\n`;
  expect(await call(app, 'POST /v1/jobs/bulk', lines)).toMatchObject({
    ...{ status: 400, body: { code: 'invalid_arguments', detail: expect.stringContaining('line 2.input') } },
  });
  const many = Array.from({ length: 10_001 }, () => queue({ q: 'a' }));
  expect(await call(app, 'POST /v1/jobs/bulk', { jobs: many })).toMatchObject({
    ...{ status: 422, body: { code: 'limit_exceeded', detail: expect.stringContaining('10000') } },
  });
  expect((await call(app, 'GET /v1/queues')).body.items).toMatchObject([{ waiting: 1_200 }]);
});

test('creates a batch without a source, appends rows once for a key, and runs it by an accepted estimate', async () => {
  const app = await startApp(0);
  const created = await call(app, 'POST /v1/batches', { columns: ['q'], target: { name: 'tester' } });
  expect(created).toMatchObject({ status: 201, body: { status: 'collecting' } });
  const rows = `POST /v1/batches/${created.body.batch_id}/rows`;
  const key = { 'idempotency-key': 'rows-1' };
  expect(await call(app, rows, { rows: [['a'], { q: 'b' }] }, key)).toMatchObject({ status: 200, body: { total: 2 } });
  expect(await call(app, rows, { rows: [['a'], { q: 'b' }] }, key)).toMatchObject({
    body: { total: 2, repeated: true },
  });
  const many = Array.from({ length: 10_001 }, () => ['a']);
  expect(await call(app, rows, { rows: many })).toMatchObject({
    ...{ status: 422, body: { code: 'limit_exceeded', detail: expect.stringContaining('10000') } },
  });
  const run = `POST /v1/batches/${created.body.batch_id}/run`;
  expect(await call(app, run, {})).toMatchObject({ status: 409, body: { code: 'confirmation_needed' } });
  expect(await call(app, run, { accepted_usd: 1 })).toMatchObject({ status: 200, body: { status: 'created' } });
  await world.runner.drive(created.body.batch_id);
  expect(world.sent.map(({ q }) => q)).toEqual(['a', 'b']);
});
