import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLeanFetch, type LeanFetch, type ProxyVariables } from '../../../src/providers/shared/lean-fetch.ts';
import { connectionCode } from '../../../src/providers/shared/service-faults.ts';

let server: Server;
let proxy: Server;
/** What the proxy was asked for. */
let asked: string[];
/** What came to the server, and whether it came through the proxy. */
let served: string[];
let opened: LeanFetch[];

beforeEach(async () => {
  asked = [];
  served = [];
  opened = [];
  server = createServer(async (incoming, response) => {
    served.push(`${incoming.headers['via'] ?? 'direct'} ${await text(incoming)}`);
    response.end('ripe');
  });
  proxy = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    pass(incoming).then(
      (answer) => answer.pipe(response),
      (fault: unknown) => response.destroy(fault as Error),
    );
  });
  proxy.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  await Promise.all([server, proxy].map((one) => new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))));
});

afterEach(async () => {
  await Promise.all(opened.map((lean) => lean.close()));
  for (const one of [server, proxy]) {
    one.closeAllConnections();
    await new Promise((resolve) => one.close(resolve));
  }
});

function pass(incoming: IncomingMessage): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', url = '', headers } = incoming;
    const sent = request(url, { method, headers: { ...headers, via: 'proxy' } }, resolve);
    sent.on('error', reject);
    incoming.pipe(sent);
  });
}

const urlOf = (one: Server) => `http://127.0.0.1:${(one.address() as AddressInfo).port}`;

function fetchThrough(variables: ProxyVariables): typeof fetch {
  const lean = createLeanFetch(variables);
  opened.push(lean);
  return lean.fetch;
}

test('sends a request to an http address through HTTP_PROXY, body and all', async () => {
  const send = fetchThrough({ HTTP_PROXY: urlOf(proxy) });
  for (const body of ['plum', 'pear']) {
    const answer = await send(`${urlOf(server)}/fruit`, { method: 'POST', body });
    expect([answer.status, await answer.text()]).toEqual([200, 'ripe']);
  }
  expect(asked).toEqual([`POST ${urlOf(server)}/fruit`, `POST ${urlOf(server)}/fruit`]);
  expect(served).toEqual(['proxy plum', 'proxy pear']);
});

test('asks HTTPS_PROXY for a tunnel to an https address; one that is refused has sent nothing', async () => {
  const send = fetchThrough({ HTTPS_PROXY: urlOf(proxy) });
  const fault: unknown = await send('https://models.invalid/fruit', { method: 'POST', body: 'plum' }).catch(
    (thrown) => thrown,
  );
  expect(connectionCode(fault)).toBe('ERR_PROXY_TUNNEL');
  expect(asked).toEqual(['CONNECT models.invalid:443']);
});

test('calls the hosts of NO_PROXY directly', async () => {
  const send = fetchThrough({ HTTP_PROXY: urlOf(proxy), NO_PROXY: 'models.invalid,127.0.0.1' });
  await (await send(urlOf(server), { method: 'POST', body: 'plum' })).text();
  expect([asked, served]).toEqual([[], ['direct plum']]);
});
