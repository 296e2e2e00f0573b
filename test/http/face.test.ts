import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { compress } from 'hono/compress';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { strict } from '../../src/base/schema/strict-object.ts';
import { invalidRequest } from '../../src/http/faults-of.ts';
import type { HttpEnv } from '../../src/http/http-env.ts';
import { callerNeeds } from '../../src/http/middleware/caller-needs.ts';
import { idempotency, idempotencyHeader } from '../../src/http/middleware/idempotency.ts';
import { onError } from '../../src/http/middleware/on-error.ts';
import { reportEtag } from '../../src/http/middleware/report-etag.ts';
import { createPages, pageOf, pageQuery } from '../../src/http/pages.ts';
import { FAULTS } from '../../src/http/problem.ts';
import { createEventStreams, type ServerEvent } from '../../src/http/sse.ts';
import { localCaller, type Scope } from '../../src/runner/contract/caller.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../src/storage/store.ts';
import { JSON_HEADERS } from './http-parts.ts';

let folder: string;
let store: Store;
let nowMs = 1_000_000;
let created = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-face-'));
  store = await openSqliteStore({ path: join(folder, 'x.db'), now: () => nowMs, log: createSilentLog() });
  created = 0;
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const jobs = strict({ rows: z.array(strict({ input: z.string() })).max(5) });
const pages = createPages('things', z.tuple([z.number(), z.string()]));

/** An app with one route of each kind that resources have. */
function start(callerId = 'key_a', scopes: Scope[] = ['read']) {
  const app = new OpenAPIHono<HttpEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error, result.target);
    },
  });
  app.onError(onError(createSilentLog()));
  app.use(compress({ encoding: 'gzip' }), async (c, next) => {
    c.set('caller', { ...localCaller('http'), id: callerId, scopes });
    await next();
  });
  const create = createRoute({
    method: 'post',
    path: '/things',
    middleware: idempotency({ store, now: () => nowMs }),
    request: {
      headers: idempotencyHeader,
      body: { required: true, content: { 'application/json': { schema: jobs } } },
    },
    responses: {
      201: { description: 'made', content: { 'application/json': { schema: z.object({ id: z.number() }) } } },
      ...FAULTS,
    },
  });
  app.openapi(create, (c) => {
    created += 1;
    if (c.req.valid('json').rows[0]?.input === 'fail') throw new AppError('store_unavailable', 'The disk is full.');
    c.header('location', `/things/${created}`);
    return c.json({ id: created }, 201);
  });
  const list = createRoute({
    method: 'get',
    path: '/things',
    request: { query: strict(pageQuery()) },
    responses: {
      200: { description: 'page', content: { 'application/json': { schema: pageOf(z.unknown()) } } },
      ...FAULTS,
    },
  });
  app.openapi(list, (c) =>
    c.json({ items: [pages.positionOf(c.req.valid('query').cursor) ?? null], next_cursor: null }, 200),
  );
  app.get('/keys', callerNeeds('admin'), (c) => c.json({}));
  app.get('/report', reportEtag(), (c) => c.json({ rows: 'x'.repeat(2000) }));
  return app;
}

const post = (body: unknown, key?: string) => ({
  method: 'POST',
  headers: { ...JSON_HEADERS, ...(key !== undefined && { 'idempotency-key': key }) },
  body: JSON.stringify(body),
});
const ONE = { rows: [{ input: 'a' }] };

describe('an Idempotency-Key', () => {
  it('gets the same answer to the same request, and creates once', async () => {
    const app = start();
    const answers = [await app.request('/things', post(ONE, 'k')), await app.request('/things', post(ONE, 'k'))];
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([{ id: 1 }, { id: 1 }]);
    expect(answers.map(({ status, headers }) => [status, headers.get('location')])).toEqual([
      [201, '/things/1'],
      [201, '/things/1'],
    ]);
    expect(answers.map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    expect(created).toBe(1);
  });

  it('with another body is refused with 422', async () => {
    const app = start();
    await app.request('/things', post(ONE, 'k'));
    const other = await app.request('/things', post({ rows: [] }, 'k'));
    expect(other.status).toBe(422);
    expect(await other.json()).toMatchObject({ code: 'idempotency_key_reused', place: 'header.idempotency-key' });
    expect(created).toBe(1);
  });

  it('belongs to its caller, and creates anew after a day', async () => {
    await start('key_a').request('/things', post(ONE, 'k'));
    await start('key_b').request('/things', post(ONE, 'k'));
    expect(created).toBe(2);
    nowMs += 24 * 60 * 60_000 + 1;
    await start('key_a').request('/things', post(ONE, 'k'));
    expect(created).toBe(3);
  });

  it('of a request that failed or was refused may be used again', async () => {
    const app = start();
    expect((await app.request('/things', post({ rows: [{ input: 'fail' }] }, 'k'))).status).toBe(503);
    expect((await app.request('/things', post({ rows: 5 }, 'k'))).status).toBe(400);
    expect((await app.request('/things', post(ONE, 'k'))).status).toBe(201);
  });

  it('of a request that is being carried out is refused with 409', async () => {
    const app = start();
    const answers = await Promise.all([app.request('/things', post(ONE, 'k')), app.request('/things', post(ONE, 'k'))]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(created).toBe(1);
  });
});

describe('a refused request', () => {
  it.each([
    [{ rows: [{ input: 'a' }, { input: 5 }] }, 400, 'body.rows[1].input', 'expected string'],
    [{ rows: [{ input: 'a', imput: 'b' }] }, 400, 'body.rows[0]', 'unknown field "imput" (did you mean "input"?)'],
    [{ rows: Array(6).fill({ input: 'a' }) }, 422, 'body.rows', '5'],
  ])('names the place and the fault of %j', async (body, status, place, told) => {
    const response = await start().request('/things', post(body));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ place, status, detail: expect.stringContaining(told) });
  });

  it('lists every fault', async () => {
    const response = await start().request('/things', post({ rows: [{ input: 1 }, { input: 2 }] }));
    const { faults } = (await response.json()) as { faults: { place: string }[] };
    expect(faults.map(({ place }) => place)).toEqual(['body.rows[0].input', 'body.rows[1].input']);
  });
});

describe('pages', () => {
  it('go on at the position of their cursor', async () => {
    const cursor = pages.cursorAt([5, 'b']);
    expect(await (await start().request(`/things?cursor=${cursor}`)).json()).toMatchObject({ items: [[5, 'b']] });
    expect(await (await start().request('/things')).json()).toEqual({ items: [null], next_cursor: null });
  });

  it.each([
    ['cursor=nonsense', 'query.cursor'],
    [`cursor=${createPages('others', z.tuple([z.number(), z.string()])).cursorAt([5, 'b'])}`, 'query.cursor'],
    ['limit=0', 'query.limit'],
    ['limit=201', 'query.limit'],
    ['limt=5', 'query'],
  ])('refuse ?%s', async (query, place) => {
    const response = await start().request(`/things?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ place });
  });
});

it('a route that needs a scope refuses callers without it with 403', async () => {
  const refused = await start().request('/keys');
  expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'scope_missing' }]);
  expect((await start('key_a', ['admin']).request('/keys')).status).toBe(200);
});

describe('reports', () => {
  it('have an ETag, and are not sent again to who has them', async () => {
    const app = start();
    const first = await app.request('/report');
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"/);
    const again = await app.request('/report', { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('are compressed for who takes gzip', async () => {
    const response = await start().request('/report', { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect((await response.arrayBuffer()).byteLength).toBeLessThan(200);
  });
});

describe('streams of events', () => {
  const streaming = (
    source: Parameters<ReturnType<typeof createEventStreams>['send']>[1],
    options: Parameters<typeof createEventStreams>[0] = {},
  ) => {
    const streams = createEventStreams(options);
    const app = new OpenAPIHono();
    app.onError(onError(createSilentLog()));
    app.use(compress());
    app.get('/events', (c) => streams.send(c, source));
    return { streams, app };
  };
  const forever = (onEnd: () => void = () => undefined) =>
    async function* ({ signal }: { signal: AbortSignal }): AsyncIterable<ServerEvent> {
      yield { event: 'first', data: 1 };
      if (!signal.aborted) await once(signal, 'abort');
      onEnd();
    };

  it('have ids, and go on after the last id that the client has', async () => {
    const { app } = streaming(async function* ({ lastEventId }) {
      const from = lastEventId === undefined ? 1 : Number(lastEventId) + 1;
      for (let id = from; id <= 3; id += 1) yield { event: 'row', id: String(id), data: { id } };
    });
    const response = await app.request('/events', { headers: { 'last-event-id': '2', 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(await response.text()).toBe('event: row\ndata: {"id":3}\nid: 3\n\n');
  });

  it('tell the fault that ends them', async () => {
    const { app } = streaming(async function* () {
      yield { event: 'row', data: 1 };
      throw new AppError('batch_not_found', 'It was deleted.');
    });
    expect(await (await app.request('/events')).text()).toMatch(/event: error\ndata: .*"code":"batch_not_found"/);
  });

  it('are broken off by a fault of events that are sent to their end', async () => {
    const app = new OpenAPIHono();
    const track = async (stream: Promise<void>) => stream;
    app.get('/chat', (c) => createEventStreams().sendAll(c, failing(), { onLeft: () => undefined, track }));
    async function* failing(): AsyncIterable<ServerEvent> {
      yield { event: 'row', data: 1 };
      throw new Error('the store is gone');
    }
    await expect((await app.request('/chat')).text()).rejects.toThrow('the store is gone');
  });

  it('are read from their source no faster than the client reads', async () => {
    let made = 0;
    const { app } = streaming(async function* () {
      for (; made < 100; made += 1) yield { event: 'row', data: made };
    });
    const response = await app.request('/events');
    const turn = new Promise((resolve) => setImmediate(resolve));
    await turn;
    expect(made).toBeLessThan(3);
    expect((await response.text()).match(/^event: row$/gm)).toHaveLength(100);
  });

  it('go on after keep-alives that were sent while they waited for the client', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const source = async function* () {
        for (let made = 0; made < 100; made += 1) yield { event: 'row', data: made };
      };
      const response = await streaming(source, { keepAliveMs: 10 }).app.request('/events');
      await new Promise((resolve) => setImmediate(resolve));
      vi.advanceTimersByTime(25);
      const text = await response.text();
      expect(text.match(/^event: row$/gm)).toHaveLength(100);
      expect(text).toContain(': keep-alive');
    } finally {
      vi.useRealTimers();
    }
  });

  it('are told when the server stops, and end', async () => {
    const { app, streams } = streaming(forever());
    const read = (await app.request('/events')).text();
    await streams.stop();
    expect(await read).toMatch(/^event: first\ndata: 1\n\nevent: stopping\ndata: /);
  });

  it('end their source when the client leaves, and give their place back', async () => {
    let ended = 0;
    const { app } = streaming(
      forever(() => {
        ended += 1;
      }),
      { maxStreams: 1 },
    );
    const first = await app.request('/events');
    const refused = await app.request('/events');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    await first.body?.cancel();
    await expect.poll(() => ended).toBe(1);
    expect((await app.request('/events')).status).toBe(200);
  });
});
