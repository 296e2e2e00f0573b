import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WholePost } from '../../../src/providers/shared/post-connection.ts';
import { createPostConnections, type PostConnections } from '../../../src/providers/shared/post-connections.ts';
import { createAuthority } from '../../support/certificate.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n{"ö":1}';

let server: Server;
let url: URL;
let sockets: Socket[];
/** All bytes that the server got, by connection. */
let received: string[];
/** Answers a request; the first one is 1. */
let answer: (socket: Socket, request: number) => void;
let requests: number;
let connections: PostConnections;

beforeEach(async () => {
  sockets = [];
  received = [];
  requests = 0;
  answer = (socket) => socket.write(ANSWER);
  server = createServer((socket) => {
    const at = sockets.push(socket) - 1;
    received[at] = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received[at] += chunk.toString('utf8');
      const ends = chunk.toString('utf8').endsWith('}');
      if (ends) answer(socket, ++requests);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/messages?beta=true`);
  connections = createPostConnections({ idleMs: 30_000, connectMs: 10_000 });
});

afterEach(async () => {
  await connections.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});

const HEADERS = ['x-api-key', 'kéy'];
const post = (more: Partial<WholePost> = {}) => connections.post(url, { headers: HEADERS, body: '{}', ...more });
/** The end of the turn in which a connection rests. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function answered(more: Partial<WholePost> = {}): Promise<string> {
  const text = await (await post(more)).text();
  await turn();
  return text;
}

test('sends a request as it is, headers in Latin-1 and text in UTF-8', async () => {
  const bytes: Buffer[] = [];
  server.on('connection', (socket: Socket) => socket.on('data', (chunk: Buffer) => bytes.push(chunk)));
  const bodies = ['{"plum":"ripe"}', '{"plum":"plöm 🫐"}'];
  const requests = ['kéy', 'key'].flatMap((key) => bodies.map((body) => ({ key, body })));
  for (const { key, body } of requests) {
    bytes.length = 0;
    const response = await post({ headers: ['x-api-key', key], body });
    expect([response.ok, response.status, response.headers.get('Content-Type')]).toEqual([
      true,
      200,
      'application/json',
    ]);
    expect(await response.json()).toEqual({ ö: 1 });
    const head =
      `POST /v1/messages?beta=true HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\n` +
      `x-api-key: ${key}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    expect(Buffer.concat(bytes)).toEqual(Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]));
    await turn();
  }
  expect(sockets).toHaveLength(1);
});

test('has one call at a time on a connection, and keeps as many connections as there were calls', async () => {
  const held: Socket[] = [];
  answer = (socket) => held.push(socket);
  const calls = [post(), post(), post()];
  await expect.poll(() => held.length).toBe(3);
  expect(new Set(held).size).toBe(3);
  for (const socket of held) socket.write(ANSWER);
  await Promise.all(calls);
  await turn();
  answer = (socket) => socket.write(ANSWER);
  await Promise.all([answered(), answered(), answered()]);
  expect(sockets).toHaveLength(3);
});

test('gives hundreds of answers that arrive together to their calls in several turns, in order', async () => {
  const held: Socket[] = [];
  answer = (socket) => held.push(socket);
  const given: number[] = [];
  let inTurn = 0;
  let mostInTurn = 0;
  const calls = Array.from({ length: 300 }, async (_, index) => {
    const response = await post({ body: `{"plum":${index}}` });
    inTurn += 1;
    mostInTurn = Math.max(mostInTurn, inTurn);
    given.push(Number(response.headers.get('x-order')));
  });
  await expect.poll(() => held.length).toBe(300);
  let counting = true;
  const count = () => {
    inTurn = 0;
    if (counting) setImmediate(count);
  };
  count();
  for (const [order, socket] of held.entries())
    socket.write(ANSWER.replace('content-length', `x-order: ${order}\r\ncontent-length`));
  await Promise.all(calls);
  counting = false;
  expect(given.length).toBe(300);
  expect(given).toEqual(given.toSorted((a, b) => a - b));
  expect(mostInTurn).toBeLessThanOrEqual(64);
});

test('asks at the last moment whether it may still send, over new and kept connections, which it keeps', async () => {
  const stale = { mayStillSend: () => false };
  await expect(post(stale)).rejects.toMatchObject({ code: 'NOT_SENT' });
  await turn();
  await answered({ mayStillSend: () => true });
  await expect(post(stale)).rejects.toMatchObject({ code: 'NOT_SENT' });
  await turn();
  await answered();
  expect([requests, sockets.length]).toEqual([2, 1]);
});

test('a signal ends a call before it has a connection, and one that is sent', async () => {
  await expect(post({ cancel: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  const early = new AbortController();
  const connecting = post({ cancel: early.signal });
  early.abort();
  await expect(connecting).rejects.toMatchObject({ name: 'AbortError' });
  // The connection is kept for another call.
  await expect.poll(() => sockets.length).toBe(1);
  await turn();
  answer = () => undefined;
  const late = new AbortController();
  const calling = post({ cancel: late.signal });
  await expect.poll(() => requests).toBe(1);
  late.abort();
  await expect(calling).rejects.toMatchObject({ name: 'AbortError' });
  await expect.poll(() => sockets.every((socket) => socket.destroyed)).toBe(true);
});

test('a signal that fires later does not end the next call of the connection', async () => {
  const first = new AbortController();
  await answered({ cancel: first.signal });
  answer = () => undefined;
  const second = post();
  await expect.poll(() => requests).toBe(2);
  first.abort();
  sockets[0]?.write(ANSWER);
  expect(await (await second).text()).toBe('{"ö":1}');
});

test.for([
  ['no byte', '', false],
  ['a part of the head', 'HTTP/1.1 200 OK\r\ncont', false],
  ['a part of the body', ANSWER.slice(0, -2), true],
] as const)('reports a connection that ends after %s as broken', async ([, raw, hasHead]) => {
  for (const end of ['end', 'resetAndDestroy'] as const) {
    answer = (socket) => socket.write(raw, () => setImmediate(() => socket[end]()));
    const calling = hasHead ? post().then((response) => response.text()) : post();
    await expect(calling).rejects.toMatchObject({ message: 'aborted', code: 'ECONNRESET' });
  }
});

test('reads a body that ends with its connection', async () => {
  answer = (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nwhole');
  expect(await answered()).toBe('whole');
});

test('takes nothing for an answer that is none', async () => {
  answer = (socket) => socket.write('SSH-2.0-OpenSSH\r\n\r\n');
  await expect(post()).rejects.toMatchObject({ code: 'HPE_INVALID_ANSWER' });
  await expect.poll(() => sockets[0]?.destroyed).toBe(true);
});

test('never takes bytes that no request has asked for as the answer to the next one', async () => {
  answer = (socket, request) => {
    if (request === 1) socket.write(ANSWER + ANSWER.replace('1}', '2}'));
    else socket.write(ANSWER.replace('1}', '3}'));
  };
  expect(await answered()).toBe('{"ö":1}');
  expect(await answered()).toBe('{"ö":3}');
  sockets[1]?.write(ANSWER);
  await expect.poll(() => sockets[1]?.destroyed).toBe(true);
  expect(await answered()).toBe('{"ö":3}');
  expect(sockets).toHaveLength(3);
});

test('sends no call over a connection in the turn in which its answer arrives', async () => {
  await post();
  await answered();
  expect(sockets).toHaveLength(2);
});

test('closes a connection that the server asks to close, or has without a call for too long', async () => {
  answer = (socket, request) =>
    socket.write(ANSWER.replace('\r\n\r\n', request === 1 ? '\r\nconnection: close\r\n\r\n' : '\r\n\r\n'));
  await answered();
  await answered();
  expect(sockets).toHaveLength(2);
  answer = (socket) => socket.write(ANSWER.replace('\r\n\r\n', '\r\nkeep-alive: timeout=1\r\n\r\n'));
  await answered();
  await answered();
  expect(sockets).toHaveLength(3);
});

test('closes connections without a call when their time is over', async () => {
  await connections.close();
  connections = createPostConnections({ idleMs: 1, connectMs: 10_000 });
  await answered();
  await expect.poll(() => sockets[0]?.destroyed, { timeout: 5_000 }).toBe(true);
});

test('gives up a connection that is not there in time, and has sent nothing then', async () => {
  await connections.close();
  connections = createPostConnections({ idleMs: 30_000, connectMs: 20 });
  // The server takes the connection, and never answers in TLS.
  const silent = new URL(url.href.replace('http:', 'https:'));
  const calling = connections.post(silent, { headers: HEADERS, body: '{}' });
  await expect(calling).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' });
  expect(requests).toBe(0);
});

test('reports a server that refuses connections', async () => {
  const refusing = new URL(url);
  const closing = createServer().listen(0, '127.0.0.1');
  await once(closing, 'listening');
  refusing.port = String((closing.address() as AddressInfo).port);
  closing.close();
  await once(closing, 'close');
  const calling = connections.post(refusing, { headers: HEADERS, body: '{}' });
  await expect(calling).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('ends calls when it is closed, of which those that were sent may have been answered, and makes none after', async () => {
  answer = () => undefined;
  const sent = post();
  await expect.poll(() => requests).toBe(1);
  const connecting = post();
  const ends = [
    expect(sent).rejects.toMatchObject({ code: 'ECONNRESET' }),
    expect(connecting).rejects.toMatchObject({ code: 'CLOSED' }),
  ];
  await connections.close();
  await Promise.all(ends);
  await expect(post()).rejects.toMatchObject({ code: 'CLOSED' });
});

test.for([
  ['localhost', 'localhost'],
  ['127.0.0.1', false],
] as const)('checks the certificate of %s, and resumes its session', async ([host, name]) => {
  const authority = createAuthority('Rowmill test authority');
  const seen: unknown[] = [];
  const secure = createTlsServer({ ...authority.issue(host), ALPNProtocols: ['http/1.1'] }, (socket: TLSSocket) => {
    seen.push([socket.servername, socket.isSessionReused(), socket.alpnProtocol]);
    socket.on('data', () => socket.end(ANSWER.replace('\r\n', '\r\nconnection: close\r\n')));
    socket.on('error', () => undefined);
  });
  secure.on('tlsClientError', () => undefined);
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  const at = new URL(`https://${host}:${(secure.address() as AddressInfo).port}/`);
  const call = () => connections.post(at, { headers: HEADERS, body: '{}' });
  const known = getCACertificates('default');
  try {
    await expect(call()).rejects.toMatchObject({ code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO/) });
    seen.length = 0;
    setDefaultCACertificates([...known, authority.cert]);
    for (let calls = 0; calls < 2; calls += 1) expect(await (await call()).json()).toEqual({ ö: 1 });
    expect(seen).toEqual([
      [name, false, 'http/1.1'],
      [name, true, 'http/1.1'],
    ]);
  } finally {
    setDefaultCACertificates(known);
    secure.close();
  }
});
