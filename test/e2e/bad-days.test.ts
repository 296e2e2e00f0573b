import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JsonObject } from '../../src/protocol/messages.ts';
import { createWorkspace, type Workspace } from '../cli/workspace.ts';
import { startMessagesServer } from '../support/messages-server.ts';
import { until } from './rowmill-process.ts';

const KEY = 'secret-key';
const run = promisify(execFile);

let space: Workspace;
const ends: (() => Promise<unknown>)[] = [];
const unmounts: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  space = await createWorkspace();
});
afterEach(async () => {
  for (const unmount of unmounts.splice(0)) await unmount();
  await space.close();
  for (const end of ends.splice(0)) await end();
});

async function serve(env: Record<string, string> = {}) {
  const serving = space.start(['serve', '--port', '0'], { env: { ROWMILL_API_KEYS: KEY, ...env } });
  await serving.until(/Listening on/);
  const url = /http:\/\/[\d.:]+/.exec(serving.stdout())?.[0] ?? '';
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}${path}`, {
      ...{ method, headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as JsonObject };
  };
  const waiting = async () => {
    const { body } = await call('GET', '/v1/queues');
    return (body['items'] as unknown as { waiting: number }[]).reduce((sum, queue) => sum + queue.waiting, 0);
  };
  return { serving, url, call, waiting };
}

const job = (index: number, length = 0) => ({ agent: 'greeter', input: { name: `n${index}${'x'.repeat(length)}` } });

const canMount = await run('mount', ['--version']).then(
  () => process.getuid?.() === 0,
  () => false,
);

test.skipIf(!canMount)(
  'a full disk refuses jobs with the reason; with space, the same request adds each once',
  async () => {
    const data = space.path('data');
    await run('mkdir', [data]);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=3m,mode=700', 'tmpfs', data]);
    unmounts.push(() => run('umount', ['-l', data]));
    const { serving, call, waiting } = await serve();
    const jobs = Array.from({ length: 3_000 }, (_, index) => job(index, 1_000));
    const add = () => call('POST', '/v1/jobs/bulk', { jobs }, { 'idempotency-key': 'night' });
    expect(await add()).toMatchObject({
      status: 503,
      body: { code: 'store_unavailable', detail: expect.stringContaining('the disk is full. Free some space') },
    });
    await run('mount', ['-o', 'remount,size=64m', data]);
    expect(await waiting()).toBeLessThan(3_000);
    expect((await add()).status).toBe(201);
    expect(await waiting()).toBe(3_000);
    serving.child.kill('SIGTERM');
    expect((await serving.finished).code).toBe(0);
  },
  60_000,
);

test('a server whose database file was deleted takes nothing more, and does not start beside its changes', async () => {
  const { serving, call } = await serve();
  expect((await call('POST', '/v1/jobs', job(0))).status).toBe(201);
  await rm(space.path('data/rowmill.db'));
  const ready = async () => (await call('GET', '/readyz')).status;
  await until(async () => (await ready()) === 503, 'a server that is not ready');
  expect(await call('POST', '/v1/jobs', job(1))).toMatchObject({
    status: 503,
    body: { code: 'store_unavailable', detail: expect.stringContaining('was deleted or replaced') },
  });
  expect((await call('GET', '/healthz')).status).toBe(200);
  serving.child.kill('SIGKILL');
  await serving.finished;
  const again = await space.run(['jobs']);
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('is missing, and')]);
}, 60_000);

test('a client that vanishes in the middle of its jobs leaves none behind', async () => {
  const { url, call, waiting } = await serve();
  const line = (index: number) => `${JSON.stringify(job(index))}\n`;
  const sending = request(`${url}/v1/jobs/bulk`, {
    ...{ method: 'POST', headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/x-ndjson' } },
  });
  sending.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    sending.write(Array.from({ length: 5_000 }, (_, index) => line(index)).join(''), () => resolve());
  });
  const closed = new Promise((resolve) => sending.on('close', resolve));
  sending.destroy();
  await closed;
  expect((await call('POST', '/v1/jobs', job(0))).status).toBe(201);
  expect(await waiting()).toBe(1);
}, 60_000);

test('serve that gets SIGTERM ends within 35 seconds although a provider never answers', async () => {
  const model = await startMessagesServer({ respond: () => new Promise(() => undefined) });
  ends.push(model.close);
  const env = { ANTHROPIC_API_KEY: 'test', ANTHROPIC_BASE_URL: model.url };
  const { serving, call } = await serve(env);
  const batch = { csv_uri: space.path('people.csv'), target: { name: 'keyless' } };
  const started = await call('POST', '/v1/batches', { ...batch, options: { max_cost_usd: 1, mode: 'realtime' } });
  expect(started.status).toBe(201);
  await until(async () => model.stats.inFlight > 0, 'a call in flight');
  const at = performance.now();
  serving.child.kill('SIGTERM');
  expect(await serving.finished).toMatchObject({ code: 0, signal: null });
  expect(performance.now() - at).toBeLessThan(35_000);
  const { stdout } = await space.run(['batches', 'show', 'latest', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'running', counts: { failed: 0, succeeded: 0 } });
}, 90_000);
