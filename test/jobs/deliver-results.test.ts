import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { createCallbacks } from '../../src/jobs/callbacks.ts';
import { deliverDue, waitAfter } from '../../src/jobs/deliver-results.ts';
import { pruneDeliveries } from '../../src/jobs/prune-deliveries.ts';
import { type JobsWorld, job, startJobsWorld } from './jobs-world.ts';

const SECRET = 'a secret of sixteen';

let world: JobsWorld;
let server: Server | undefined;
let hanging: Server | undefined;
afterEach(async () => {
  await world.close();
  server?.close();
  hanging?.closeAllConnections();
  hanging?.close();
});

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver on loopback that answers by path: `/ok` 204, `/moved` 307 to the given place, others 500. */
async function startReceiver(redirect: () => string = () => '/ok'): Promise<{ origin: string; received: Received[] }> {
  const received: Received[] = [];
  server = createServer(async (request, answer) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    received.push({ path: request.url ?? '', headers: request.headers, body });
    if (request.url === '/ok') answer.writeHead(204).end();
    else if (request.url === '/moved') answer.writeHead(307, { location: redirect() }).end();
    else answer.writeHead(500).end('a body that nobody may see');
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

/** A receiver that takes every request, and answers none. */
async function startHanging(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  hanging = createServer(() => undefined).listen(0, '127.0.0.1', resolve);
  await promise;
  return `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
}

async function startWith(origin: string, path: string): Promise<{ id: string; deliver: () => Promise<number> }> {
  world = await startJobsWorld({ callbacks: [origin] });
  const callbacks = createCallbacks([origin]);
  const [{ job_id: id } = { job_id: '' }] = await world.jobs.enqueue([job('a', { callback_url: `${origin}${path}` })]);
  const [processed] = await world.jobs.process({ mode: 'realtime', accepted_usd: 1 });
  await world.runner.drive(processed?.batch_id ?? '');
  const clock = { ...world.deps.clock, now: () => world.clock.now };
  // After the end of the row, which has the time of the machine.
  world.clock.now = Date.now() + 1_000;
  const parts = { store: world.store, show: world.jobs.show, callbacks, secret: SECRET, clock, log: createSilentLog() };
  return { id, deliver: () => deliverDue(parts, new AbortController().signal) };
}

test('sends the result once, signed over its time and body', async () => {
  const { origin, received } = await startReceiver();
  const { id, deliver } = await startWith(origin, '/ok');
  expect([await deliver(), await deliver()]).toEqual([1, 0]);
  const [{ headers, body } = { headers: {} as IncomingHttpHeaders, body: '' }] = received;
  const signature = createHmac('sha256', SECRET).update(`${headers['rowmill-timestamp']}.${body}`).digest('hex');
  expect(headers['rowmill-signature']).toBe(`v1=${signature}`);
  const event = JSON.parse(body);
  expect(event).toMatchObject({ type: 'job.succeeded', data: { job_id: id, result: { answer: 'a!' } } });
  expect(headers['rowmill-event-id']).toBe(event.id);
  expect(await world.store.listDeliveries({ limit: 9 })).toMatchObject([
    { state: 'delivered', attempts: 1, error: null },
  ]);
});

test('tries again later with the same event, keeps no body of an answer, and ends in the dead letters', async () => {
  const { origin, received } = await startReceiver();
  const { deliver } = await startWith(origin, '/broken');
  await deliver();
  const [pending] = await world.store.listDeliveries({ limit: 9 });
  expect(pending).toMatchObject({ state: 'pending', attempts: 1, error: `${origin} answered with status 500.` });
  expect(await deliver()).toBe(0);
  while ((await world.store.listDeliveries({ limit: 9, state: 'dead' })).length === 0) {
    world.clock.now += 3_600_001;
    expect(await deliver()).toBe(1);
  }
  const [dead] = await world.store.listDeliveries({ limit: 9, state: 'dead' });
  expect(dead?.attempts).toBe(15);
  expect(new Set(received.map(({ headers }) => headers['rowmill-event-id'])).size).toBe(1);
  expect(await world.store.retryDelivery(dead?.eventId ?? '', { at: 0 })).toBe(true);
  expect(await deliver()).toBe(1);
});

test('follows a redirect only to a receiver on the list', async () => {
  let target = '/ok';
  const { origin, received } = await startReceiver(() => target);
  const { deliver } = await startWith(origin, '/moved');
  target = 'http://127.0.0.1:1/elsewhere';
  await deliver();
  const [refused] = await world.store.listDeliveries({ limit: 9 });
  expect(refused?.error).toContain('Results may not be sent to http://127.0.0.1:1.');
  target = '/ok';
  world.clock.now += 10_000;
  await deliver();
  expect(received.map(({ path }) => path)).toEqual(['/moved', '/moved', '/ok']);
  expect(await world.store.listDeliveries({ limit: 9 })).toMatchObject([{ state: 'delivered' }]);
});

test('allows a listed host only over https at public addresses, and a listed origin exactly', () => {
  const { check, mayBePrivate } = createCallbacks(['hooks.example.com', 'http://127.0.0.1:9000']);
  check('https://hooks.example.com/x');
  check('http://127.0.0.1:9000/x');
  for (const url of [
    'http://hooks.example.com/',
    'https://example.com/',
    'http://127.0.0.1:9001/',
    'https://u:p@hooks.example.com/',
  ])
    expect(() => check(url)).toThrow();
  expect(mayBePrivate(new URL('https://hooks.example.com/'))).toBe(false);
  expect(mayBePrivate(new URL('http://127.0.0.1:9000/'))).toBe(true);
});

test('waits longer after each attempt, up to an hour', () => {
  expect([1, 2, 3, 20].map(waitAfter)).toEqual([5_000, 10_000, 20_000, 3_600_000]);
});

test('sends that a job was cancelled with its batch', async () => {
  const { origin, received } = await startReceiver();
  world = await startJobsWorld({ callbacks: [origin] });
  const callbacks = createCallbacks([origin]);
  const [{ job_id: id } = { job_id: '' }] = await world.jobs.enqueue([
    job('a', { callback_url: `${origin}/ok` }),
    job('b'),
  ]);
  const [processed] = await world.jobs.process({ mode: 'realtime', accepted_usd: 1 });
  await world.runner.cancel(processed?.batch_id ?? '');
  const clock = { ...world.deps.clock, now: () => Date.now() + 1_000 };
  const parts = { store: world.store, show: world.jobs.show, callbacks, secret: SECRET, clock, log: createSilentLog() };
  expect(await deliverDue(parts, new AbortController().signal)).toBe(1);
  const event = JSON.parse(received[0]?.body ?? '');
  expect(event).toMatchObject({ type: 'job.cancelled', data: { job_id: id, state: 'cancelled', result: null } });
  expect(Date.now() - Date.parse(event.created_at)).toBeLessThan(60_000);
  expect(event.data.ended_at).toEqual(expect.any(String));
  expect(await deliverDue(parts, new AbortController().signal)).toBe(0);
});

test('a receiver that never answers costs its time limit, holds up no other, and is tried again', async () => {
  const origins = [await startHanging(), (await startReceiver()).origin];
  world = await startJobsWorld({ callbacks: origins });
  const requests = origins.map((origin) => job('a', { callback_url: `${origin}/ok` }));
  for (const { job_id: id } of await world.jobs.enqueue(requests)) await world.jobs.cancel(id);
  const clock = { ...world.deps.clock, now: () => world.clock.now };
  const callbacks = createCallbacks(origins);
  const parts = { store: world.store, show: world.jobs.show, callbacks, secret: SECRET, clock, log: createSilentLog() };
  expect(await deliverDue({ ...parts, timeoutMs: 1_000 }, new AbortController().signal)).toBe(2);
  expect(await world.store.listDeliveries({ limit: 9 })).toMatchObject([
    { state: 'delivered', error: null },
    { state: 'pending', attempts: 1, error: `${origins[0]} did not answer in time.` },
  ]);
});

test('forgets deliveries that have been over for 30 days, and those that are pending never', async () => {
  const { origin } = await startReceiver();
  const { deliver } = await startWith(origin, '/ok');
  await deliver();
  const [{ job_id: id } = { job_id: '' }] = await world.jobs.enqueue([job('b', { callback_url: `${origin}/ok` })]);
  await world.jobs.cancel(id);
  const prune = () => pruneDeliveries({ store: world.store, now: () => world.clock.now });
  world.clock.now += 29 * 24 * 3_600_000;
  await prune();
  expect(await world.store.listDeliveries({ limit: 9 })).toHaveLength(2);
  world.clock.now += 2 * 24 * 3_600_000;
  await prune();
  expect(await world.store.listDeliveries({ limit: 9 })).toMatchObject([{ jobId: id, state: 'pending' }]);
});

test('the jobs of a deleted batch are gone, with what was to be sent for them', async () => {
  const { origin } = await startReceiver();
  const { id } = await startWith(origin, '/broken');
  const { batch_id: batch } = await world.jobs.show(id);
  const [{ job_id: other } = { job_id: '' }] = await world.jobs.enqueue([job('b')]);
  await world.store.acquireLease(batch ?? '', world.deps.owner).then(async (lease) => {
    if (lease.acquired) await world.store.removeBatch(lease.fence, ['completed']);
  });
  expect((await world.jobs.list({ limit: 9 })).map(({ job_id }) => job_id)).toEqual([other]);
  await expect(world.jobs.show(id)).rejects.toMatchObject({ code: 'job_not_found' });
  while (await world.store.sweepRemoved());
  expect(await world.store.listDeliveries({ limit: 9 })).toEqual([]);
  expect((await world.jobs.list({ limit: 9 })).map(({ job_id }) => job_id)).toEqual([other]);
});
