import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLeanFetch, type LeanFetch, leanOptions } from '../../../src/providers/shared/lean-fetch.ts';

let server: Server;
let url: string;
let requests: string[];
let received: { type: string | undefined; body: Promise<string> }[];
let connections: number;
let lean: LeanFetch;

beforeEach(async () => {
  requests = [];
  received = [];
  connections = 0;
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    received.push({ type: request.headers['content-type'], body: text(request) });
    if (request.url !== '/never') response.setHeader('X-Two', ['a', 'b']).end('{"said": "ö"}');
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  lean = createLeanFetch();
});

afterEach(async () => {
  await lean.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const post = (path: string, init: object = {}) => lean.fetch(url + path, { method: 'POST', body: '{}', ...init });

test('keeps its connection, and gives what the SDKs read', async () => {
  for (const path of ['/one', '/two']) {
    const response = await post(path);
    expect([response.ok, response.status, response.headers.get('x-two')]).toEqual([true, 200, 'a, b']);
    expect(await response.json()).toEqual({ said: 'ö' });
  }
  expect([requests, connections]).toEqual([['/one', '/two'], 1]);
});

test('asks at the last moment whether it may still send, over new and kept connections', async () => {
  const stale = leanOptions({ mayStillSend: () => false });
  await expect(post('/stale', stale)).rejects.toMatchObject({ code: 'NOT_SENT' });
  await (await post('/fresh', leanOptions({ mayStillSend: () => true }))).text();
  await expect(post('/stale', stale)).rejects.toMatchObject({ code: 'NOT_SENT' });
  expect(requests).toEqual(['/fresh']);
});

test('a signal ends a call, before and after it was sent', async () => {
  await expect(post('/early', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  const late = new AbortController();
  const calling = post('/never', { signal: late.signal });
  while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  late.abort();
  await expect(calling).rejects.toMatchObject({ name: 'AbortError' });
  expect(requests).toEqual(['/never']);
});

test('a signal after a complete answer changes nothing: its body can be read, and its connection is kept', async () => {
  const late = new AbortController();
  const { body } = await post('/one', { signal: late.signal });
  const reading = (body as unknown as Readable)[Symbol.asyncIterator]();
  await reading.next();
  late.abort();
  expect(await reading.next()).toMatchObject({ done: true });
  await (await post('/two')).text();
  expect([requests, connections]).toEqual([['/one', '/two'], 1]);
});

test.for(['{}', new Blob(['{}']).stream()])(
  'a signal of its own ends a call in place of the one of fetch',
  async (body) => {
    const cancel = new AbortController();
    const options = leanOptions({ cancel: cancel.signal });
    const calling = post('/never', { ...options, body, duplex: 'half', signal: new AbortController().signal });
    while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    cancel.abort();
    await expect(calling).rejects.toMatchObject({ name: 'AbortError' });
  },
);

test('sends nothing once it is closed', async () => {
  await (await post('/one')).text();
  await lean.close();
  await expect(post('/two')).rejects.toMatchObject({ code: 'CLOSED' });
  expect(requests).toEqual(['/one']);
});

const BODIES: [string, () => NonNullable<RequestInit['body']>, type?: string][] = [
  ['a string', () => 'plöm'],
  ['a Buffer', () => Buffer.from('plöm')],
  ['a view of a part of a buffer', () => new DataView(new TextEncoder().encode('(plöm)').buffer, 1, 5)],
  ['an ArrayBuffer', () => new TextEncoder().encode('plöm').buffer],
  ['a Blob', () => new Blob(['plöm'], { type: 'text/x-plum' }), 'text/x-plum'],
  ['a Blob without a type', () => new Blob(['plöm'])],
  ['a stream', () => new Blob(['plöm']).stream()],
];

test.for(BODIES)('sends %s whole', async ([, body, type]) => {
  const answer = await post('/body', { body: body(), duplex: 'half' });
  expect(await answer.json()).toEqual({ said: 'ö' });
  const [request] = received;
  expect([await request?.body, request?.type]).toEqual(['plöm', type]);
});

test('sends URLSearchParams and forms with their types, and a type that is given before them', async () => {
  const form = new FormData();
  form.set('plum', 'ripe');
  const pair = new URLSearchParams({ plum: 'ripe & red' });
  for (const init of [{ body: pair }, { body: pair, headers: { 'Content-Type': 'text/plain' } }, { body: form }]) {
    await (await post('/body', init)).text();
  }
  expect(received.map(({ type }) => type?.replace(/boundary=.*/, ''))).toEqual([
    'application/x-www-form-urlencoded;charset=UTF-8',
    'text/plain',
    'multipart/form-data; ',
  ]);
  expect(await received[0]?.body).toBe('plum=ripe+%26+red');
  expect(await received[2]?.body).toContain('name="plum"\r\n\r\nripe');
});

test('sends a Request with its method', async () => {
  const answer = await lean.fetch(new Request(`${url}/whole`, { method: 'PUT', body: 'plöm' }));
  expect([answer.status, await received[0]?.body]).toEqual([200, 'plöm']);
});

test('asks whether it may still send a stream, and sends none once it is closed', async () => {
  const stream = () => ({ body: new Blob(['plöm']).stream(), duplex: 'half' });
  await expect(post('/stale', { ...stream(), ...leanOptions({ mayStillSend: () => false }) })).rejects.toMatchObject({
    code: 'NOT_SENT',
  });
  await lean.close();
  await expect(post('/late', stream())).rejects.toMatchObject({ code: 'CLOSED' });
  expect(requests).toEqual([]);
});
