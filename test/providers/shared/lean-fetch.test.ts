import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLeanFetch, type LeanFetch, leanOptions } from '../../../src/providers/shared/lean-fetch.ts';

let server: Server;
let url: string;
let requests: string[];
let connections: number;
let lean: LeanFetch;

beforeEach(async () => {
  requests = [];
  connections = 0;
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
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

test('sends nothing once it is closed', async () => {
  await (await post('/one')).text();
  await lean.close();
  await expect(post('/two')).rejects.toMatchObject({ code: 'CLOSED' });
  expect(requests).toEqual(['/one']);
});
