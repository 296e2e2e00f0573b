import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { createHttpApp } from '../../../src/http/app.ts';
import { isLoopback } from '../../../src/http/middleware/host-guard.ts';
import { keyCaller } from '../../../src/runner/contract/caller.ts';
import { echo, httpParts, JSON_HEADERS } from '../http-parts.ts';

const PATH = '/v1/conversations/conv_known';

it('MCP and chat act for the caller of the key that was sent, by an id that is not the key', async () => {
  const acted: (string | undefined)[] = [];
  const { send, read, list } = echo();
  const app = createHttpApp(
    httpParts({
      apiKeys: ['first-key', 'second-key'],
      mcp: async (_request, { id }) => {
        acted.push(id);
        return new Response('');
      },
      conversations: {
        read,
        list,
        send: (options) => {
          acted.push(options.speaker);
          return send(options);
        },
      },
    }),
  );
  for (const key of ['first-key', 'second-key']) {
    const headers = { ...JSON_HEADERS, authorization: `Bearer ${key}` };
    await app.request('/mcp', { method: 'POST', headers, body: '{}' });
    const chat = await app.request('/v1/chat', { method: 'POST', headers, body: JSON.stringify({ message: 'hi' }) });
    await chat.text();
  }
  const [first, second] = ['first-key', 'second-key'].map((key) => keyCaller(key, 'mcp').id);
  expect(acted).toEqual([first, first, second, second]);
  expect(first).not.toBe(second);
});

describe('Host and Origin', () => {
  const app = createHttpApp(httpParts());
  const status = async (headers: Record<string, string>) => (await app.request(PATH, { headers })).status;

  it.each(['localhost:8787', '127.0.0.1:8787', '[::1]:8787', '127.8.9.1', 'LOCALHOST'])(
    'takes the host %s',
    async (host) => {
      expect(await status({ host })).toBe(200);
    },
  );

  it.each(['evil.example', 'evil.example:8787', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.5', 'a b'])(
    'refuses the host %s on loopback',
    async (host) => {
      expect(await status({ host })).toBe(403);
    },
  );

  it('refuses a foreign host on every path', async () => {
    for (const path of ['/mcp', '/v1/chat', '/healthz', '/openapi.json']) {
      const response = await app.request(path, { headers: { host: 'evil.example' } });
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'forbidden_host' });
    }
  });

  it('takes its own origin', async () => {
    expect(await status({ host: 'localhost:8787', origin: 'http://localhost:8787' })).toBe(200);
  });

  it.each([
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://localhost:3000',
    'http://127.0.0.1:8787',
    'http://localhost',
  ])('refuses the origin %s', async (origin) => {
    expect(await status({ host: 'localhost:8787', origin })).toBe(403);
  });

  it('beyond loopback takes any host, and only pages of its own origin', async () => {
    const open = createHttpApp(httpParts({ host: '0.0.0.0', apiKeys: ['k'] }));
    const headers = { host: 'rowmill.example', authorization: 'Bearer k' };
    expect((await open.request(PATH, { headers })).status).toBe(200);
    const own = { ...headers, origin: 'https://rowmill.example' };
    expect((await open.request(PATH, { headers: own })).status).toBe(200);
    const shouted = { ...headers, host: 'RowMill.Example', origin: 'https://rowmill.example' };
    expect((await open.request(PATH, { headers: shouted })).status).toBe(200);
    for (const origin of ['https://evil.example', 'http://localhost:3000']) {
      expect((await open.request(PATH, { headers: { ...headers, origin } })).status).toBe(403);
    }
  });
});

it('knows names and addresses of this machine, however they are written', () => {
  expect(['localhost', 'LocalHost', '127.0.0.1', '::1', '[::1]'].filter((host) => !isLoopback(host))).toEqual([]);
  expect(['localhost.example', '128.0.0.1', '::2'].filter(isLoopback)).toEqual([]);
});

describe('keys', () => {
  const app = createHttpApp(httpParts({ host: '0.0.0.0', apiKeys: ['first', 'second'] }));

  it.each(['Bearer first', 'Bearer second', 'bearer first'])('takes "%s"', async (authorization) => {
    expect((await app.request(PATH, { headers: { authorization } })).status).toBe(200);
  });

  it.each([undefined, 'Bearer', 'Bearer ', 'Bearer firs', 'Bearer first2', 'Basic first', 'first'])(
    'refuses "%s" with a challenge',
    async (authorization) => {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      const response = await app.request(PATH, { headers });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(await response.json()).toMatchObject({ code: 'unauthorized' });
    },
  );

  it('asks for a key on every path but the probes', async () => {
    for (const path of ['/mcp', '/v1/chat', '/openapi.json', '/nothing', '/healthz/', '/v1/../mcp']) {
      expect((await app.request(path)).status, path).toBe(401);
    }
    for (const path of ['/healthz', '/readyz']) expect((await app.request(path)).status, path).toBe(200);
  });

  it('asks for a key on loopback too, when there is one', async () => {
    const local = createHttpApp(httpParts({ apiKeys: ['k'] }));
    expect((await local.request(PATH)).status).toBe(401);
  });

  it.each(['0.0.0.0', '::', '192.168.1.4', 'rowmill.example'])('refuses to be made for %s without one', (host) => {
    const make = () => createHttpApp(httpParts({ host }));
    expect(make).toThrow(AppError);
    expect(make).toThrow(/ROWMILL_API_KEYS/);
  });

  it.each(['localhost', '127.0.0.1', '::1'])('needs none on %s', (host) => {
    expect(createHttpApp(httpParts({ host })).host).toBe(host);
  });
});
