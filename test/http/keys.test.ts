import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttpApp } from '../../src/http/app.ts';
import { type KeyWorld, startKeyWorld } from '../access/key-world.ts';
import { httpParts, JSON_HEADERS } from './http-parts.ts';

let world: KeyWorld;
const lines: string[] = [];
beforeEach(async () => {
  world = await startKeyWorld();
  lines.length = 0;
});
afterEach(() => world.close());

const HOST = 'localhost:8787';
const OWN = { host: HOST, origin: `http://${HOST}` };

function start(given: Parameters<typeof httpParts>[0] = {}) {
  const log = pino({ level: 'info', base: null }, { write: (line: string) => lines.push(line) });
  const parts = httpParts({ now: () => world.nowMs, log, ...given });
  const app = createHttpApp({ ...parts, access: world.access, audit: world.store });
  const as = (key: string) => ({
    async send(method: string, path: string, body?: object) {
      const headers = { ...JSON_HEADERS, authorization: `Bearer ${key}` };
      const request = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
      return app.request(path, request);
    },
  });
  return { app, as };
}

describe('/v1/keys', () => {
  it('makes, lists and revokes keys for an admin; the key is shown once', async () => {
    const { as } = start();
    const admin = as(await world.make({ name: 'boss', scope: 'admin' }));
    const made = await admin.send('POST', '/v1/keys', { name: 'reader', scope: 'read' });
    expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const { secret, id } = (await made.json()) as { secret: string; id: string };
    expect((await as(secret).send('GET', '/v1/conversations/conv_known')).status).toBe(200);
    const listed = await (await admin.send('GET', '/v1/keys')).text();
    expect(listed).toContain(id);
    expect(listed).not.toContain(secret);
    expect((await admin.send('POST', '/v1/keys', { name: 'reader' })).status).toBe(409);
    expect(await (await admin.send('DELETE', `/v1/keys/${id}`)).json()).toMatchObject({ id });
    expect((await as(secret).send('GET', '/v1/conversations/conv_known')).status).toBe(401);
    expect((await admin.send('DELETE', `/v1/keys/${id}`)).status).toBe(404);
  });

  it('is for the scope admin, as the audit log is; a reader does not chat or agree', async () => {
    const { as } = start();
    const runner = as(await world.make({ name: 'runner', scope: 'run' }));
    for (const [method, path] of [
      ['GET', '/v1/keys'],
      ['POST', '/v1/keys'],
      ['DELETE', '/v1/keys/x'],
      ['GET', '/v1/audit'],
    ] as const) {
      const refused = await runner.send(method, path, method === 'POST' ? { name: 'x' } : undefined);
      expect([path, refused.status]).toEqual([path, 403]);
    }
    const reader = as(await world.make({ name: 'reader', scope: 'read' }));
    expect((await reader.send('POST', '/v1/chat', { message: 'hi' })).status).toBe(403);
    expect((await reader.send('POST', '/v1/confirmations/ABCD', { agree: true })).status).toBe(403);
  });

  it('locks the server once there is a key', async () => {
    const { app } = start();
    const path = '/v1/conversations/conv_known';
    expect((await app.request(path)).status).toBe(200);
    await world.make({});
    expect((await app.request(path)).status).toBe(401);
  });
});

it('GET /v1/audit has pages and filters', async () => {
  const admin = start().as(await world.make({ name: 'boss', scope: 'admin' }));
  await admin.send('POST', '/v1/keys', { name: 'a' });
  await admin.send('POST', '/v1/keys', { name: 'a' });
  const read = async (query: string) =>
    (await (await admin.send('GET', `/v1/audit?${query}`)).json()) as { items: object[]; next_cursor: string | null };
  const first = await read('limit=1&action=key-create');
  expect(first.items).toMatchObject([{ action: 'key-create', caller_name: 'boss', face: 'http', code: 'name_taken' }]);
  const second = await read(`limit=1&action=key-create&cursor=${first.next_cursor}`);
  expect(second.items).toMatchObject([{ outcome: 'done', details: { name: 'a' } }]);
  expect((await read('limit=100')).next_cursor).toBeNull();
  expect((await admin.send('GET', '/v1/audit?action=dance')).status).toBe(400);
});

it('a key above its rate gets 429 and when to come again; others go on', async () => {
  const { as } = start();
  const slow = as(await world.make({ name: 'slow', requests_per_minute: 2 }));
  const path = '/v1/conversations/conv_known';
  const statuses = [];
  for (let sent = 0; sent < 3; sent += 1) statuses.push((await slow.send('GET', path)).status);
  expect(statuses).toEqual([200, 200, 429]);
  const refused = await slow.send('GET', path);
  expect(refused.headers.get('retry-after')).toBe('30');
  expect(await refused.json()).toMatchObject({ code: 'rate_limited' });
  expect((await as(await world.make({ name: 'other' })).send('GET', path)).status).toBe(200);
  world.nowMs += 30_000;
  expect((await slow.send('GET', path)).status).toBe(200);
});

describe('a browser', () => {
  const signIn = async (headers: Record<string, string> = OWN) => {
    const { app } = start();
    const key = await world.make({ scope: 'run' });
    const body = JSON.stringify({ key });
    const response = await app.request('/v1/session', {
      method: 'POST',
      headers: { ...JSON_HEADERS, ...headers },
      body,
    });
    const set = response.headers.get('set-cookie') ?? '';
    return { app, key, response, set, cookie: set.split(';')[0] ?? '' };
  };

  it('exchanges a key for a cookie that scripts can not read, with a name of its own for the port', async () => {
    const { app, key, response, set, cookie } = await signIn();
    expect(await response.json()).toMatchObject({ name: 'importer', scopes: ['read', 'run'] });
    expect(set).toMatch(/^rowmill_session_8787=[\w-]{43}; /);
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/']) expect(set).toContain(part);
    expect(set).not.toContain('Secure');
    expect(set).not.toContain(key);
    const read = await app.request('/v1/session', { headers: { host: HOST, cookie } });
    expect(await read.json()).toMatchObject({ name: 'importer' });
  });

  it('gets a cookie for secure connections only, off loopback', async () => {
    const { app } = start({ host: '0.0.0.0', apiKeys: ['k'] });
    const headers = { ...JSON_HEADERS, host: 'rowmill.example', origin: 'https://rowmill.example' };
    const body = JSON.stringify({ key: await world.make({}) });
    const set = (await app.request('/v1/session', { method: 'POST', headers, body })).headers.get('set-cookie');
    expect(set).toMatch(/^rowmill_session=.*; Secure/);
  });

  it('signs what its own pages send, and nothing that other pages of the machine do', async () => {
    const { app, cookie } = await signIn();
    const chat = (headers: Record<string, string>) =>
      app.request('/v1/chat', {
        method: 'POST',
        headers: { ...JSON_HEADERS, host: HOST, cookie, ...headers },
        body: '{"message":"hi"}',
      });
    const own = await chat({ origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin' });
    expect(own.status).toBe(200);
    await own.text();
    for (const headers of [
      {},
      { origin: 'http://localhost:3000' },
      { 'sec-fetch-site': 'same-origin' },
      { origin: `http://${HOST}`, 'sec-fetch-site': 'same-site' },
      { origin: `http://${HOST}`, 'sec-fetch-site': 'none' },
    ] as Record<string, string>[])
      expect([headers, (await chat(headers)).status]).toEqual([headers, 403]);
    const get = (site: string) =>
      app.request('/v1/session', { headers: { host: HOST, cookie, 'sec-fetch-site': site } });
    expect((await get('none')).status).toBe(200);
    expect((await get('same-site')).status).toBe(403);
  });

  it('signs in from a page of the server only, with a valid key', async () => {
    expect((await signIn({ host: HOST })).response.status).toBe(403);
    const { app } = start();
    const body = '{"key":"rmk_unknown"}';
    const refused = await app.request('/v1/session', { method: 'POST', headers: { ...JSON_HEADERS, ...OWN }, body });
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([401, null]);
  });

  it('is signed out by itself, by the time, and by the end of its key', async () => {
    const { app, cookie } = await signIn();
    const read = async (of = cookie) =>
      (await app.request('/v1/session', { headers: { host: HOST, cookie: of } })).status;
    expect(await read()).toBe(200);
    const out = await app.request('/v1/session', { method: 'DELETE', headers: { ...OWN, cookie } });
    expect([out.status, out.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('Max-Age=0')]);
    expect(await read()).toBe(401);
    await world.access.keys.revoke('importer', { ...(await world.access.callerOf(undefined, 'cli')) });
    const second = await signIn();
    expect(await read(second.cookie)).toBe(200);
    world.nowMs += 13 * 60 * 60_000;
    expect(await read(second.cookie)).toBe(401);
  });
});

it('the access log has method, path, status, time, key and bytes, and no secret', async () => {
  const { app, as } = start();
  const key = await world.make({ name: 'logged' });
  const answer = await as(key).send('GET', '/v1/conversations/conv_known?token=secret-query');
  const { length } = await answer.text();
  await (await app.request('/v1/confirmations/ABCD-EFGH?x=1')).text();
  const logged = lines.map((line) => JSON.parse(line));
  expect(logged).toMatchObject([
    { msg: 'request', method: 'GET', path: '/v1/conversations/conv_known', status: 200, key: 'logged', bytes: length },
    { path: '/v1/confirmations/…', status: 401, key: null },
  ]);
  expect(logged[0].ms).toBeTypeOf('number');
  for (const secret of [key, 'secret-query', 'ABCD']) expect(lines.join('')).not.toContain(secret);
});
