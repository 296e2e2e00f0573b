import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpToolDefinition } from '../../../src/agent/definition.ts';
import { createHttpTool } from '../../../src/agent/tools/http-tool.ts';
import { namesPrivatePlace } from '../../../src/agent/tools/public-fetch.ts';
import { toolContext } from '../../support/tool-context.ts';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

const SECRET = 'k-9f8e7d6c?b a';

/** A service that shows its request in every way that services do. */
function echoOf({ headers: { authorization = '' }, url }: IncomingMessage) {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return {
    authorization,
    url,
    [authorization]: 1,
    encoded: [SECRET, `x${SECRET}y`, `user:${SECRET}!`].map(base64),
    urlSafe: Buffer.from(SECRET).toString('base64url'),
  };
}

let other: string;
let server: Server;
let base: string;
let seen: Seen[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ method: request.method, url: request.url, headers: request.headers, body });
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    if (path === '/missing') {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: `no such address ${'x'.repeat(2000)}` }));
    } else if (path === '/large') response.end('x'.repeat(1_100_000));
    else if (path === '/broken') response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":');
    else if (path === '/text') response.writeHead(200, { 'content-type': 'text/plain' }).end('plain words');
    else if (path === '/within') response.writeHead(302, { location: '/after' }).end();
    else if (path === '/elsewhere') response.writeHead(307, { location: `${other}/steal` }).end();
    else if (path === '/round') response.writeHead(302, { location: '/round' }).end();
    else if (path === '/echo')
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(echoOf(request)));
    else if (path === '/echo-fault') response.writeHead(500).end(`not allowed: ${request.headers.authorization}`);
    else if (path === '/empty') response.writeHead(204).end();
    else if (path === '/never') request.socket.on('close', () => undefined);
    else if (path === '/cut')
      response.writeHead(200, { 'content-length': '100' }).write('abc', () => request.socket.destroy());
    else
      response
        .writeHead(200, { 'content-type': 'application/json', 'x-trace': 't1' })
        .end('{"speed": 80, "unit": "Mbit/s"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  other = `http://localhost:${(server.address() as AddressInfo).port}`;
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const input = { type: 'object', properties: { address: { type: 'string' } } };

const toHere: LookupFunction = (_host, { all }, done) =>
  all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4);

function tool(fields: Record<string, unknown>, env: Record<string, string | undefined> = { BASE: base }) {
  seen = [];
  const definition = httpToolDefinition.parse({ name: 'look', description: 'Looks.', input, ...fields });
  return createHttpTool(definition, {
    env,
    place: 'agent a@v1, tools[0].http',
    fetch: globalThis.fetch,
    lookup: toHere,
  });
}

describe('an http tool', () => {
  it('asks with encoded values and gives the JSON body', async () => {
    const look = tool(
      { url: '${BASE}/lookup?address={address}', headers: { authorization: 'Bearer ${TOKEN}' } },
      { BASE: base, TOKEN: 's3' },
    );
    expect(await look.execute({ address: '1 High St & Co' }, toolContext())).toEqual({ speed: 80, unit: 'Mbit/s' });
    expect(seen[0]).toMatchObject({ method: 'GET', url: '/lookup?address=1%20High%20St%20%26%20Co' });
    expect(seen[0]?.headers.authorization).toBe('Bearer s3');
    expect(seen[0]?.headers['idempotency-key']).toBeUndefined();
  });

  it('posts a body with the types of the input, and the idempotency key', async () => {
    const look = tool({ url: '${BASE}/x', method: 'POST', body: { q: '{address}', note: 'for {address}' } });
    await look.execute({ address: 'a "b"' }, toolContext({ idempotencyKey: 'run-1' }));
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ q: 'a "b"', note: 'for a "b"' });
    expect(seen[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'idempotency-key': 'run-1' });
  });

  it('fills its address, headers and body with the system params of the row, which no model gives', async () => {
    const look = tool(
      {
        url: '${BASE}/of/{{system_params.customer.id}}?q={address}',
        headers: { authorization: 'Bearer ${TOKEN}', 'x-mail': 'for {{ system_params.mail }}', 'x-field': '{address}' },
        method: 'POST',
        body: {
          mail: '{{system_params.mail}}',
          text: 'n {{system_params.n}}',
          n: '{{system_params.n}}',
          q: '{address}',
        },
      },
      { BASE: base, TOKEN: 's3' },
    );
    const params = { customer: { id: 'a b' }, mail: 'ann@example.com', n: 5 };
    await look.execute({ address: 'x', system_params: { mail: 'eve@example.com' } }, toolContext({ params }));
    expect(seen[0]?.url).toBe('/of/a%20b?q=x');
    expect(seen[0]?.headers).toMatchObject({ 'x-mail': 'for ann@example.com', 'x-field': '{address}' });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ mail: 'ann@example.com', text: 'n 5', n: 5, q: 'x' });
  });

  it('is not called where a system param would change the address or can be in no header', async () => {
    const look = tool({ url: '${BASE}/of/{{system_params.id}}', headers: { 'x-id': '{{system_params.id}}' } });
    for (const id of ['..', 'a/b', '']) {
      const refused = look.execute({}, toolContext({ params: { id } }));
      await expect(refused).rejects.toThrow('it takes that value from the row');
    }
    await expect(look.execute({}, toolContext({ params: { id: 'a\nx-admin: 1' } }))).rejects.toThrow(
      'no header can have',
    );
    await expect(look.execute({ system_params: { id: 'a' } }, toolContext())).rejects.toThrow('is empty');
    expect(seen).toEqual([]);
    expect(() => tool({ url: 'https://{{system_params.host}}/x' })).toThrow('not an http or https URL');
  });

  it('is idempotent by its method, unless told otherwise', () => {
    expect(tool({ url: '${BASE}/' }).idempotent).toBe(true);
    expect(tool({ url: '${BASE}/', method: 'PUT' }).idempotent).toBe(false);
    expect(tool({ url: '${BASE}/', method: 'PUT', idempotent: true }).idempotent).toBe(true);
  });

  it('evaluates result over status, headers, body and input', async () => {
    const result = '{% {"s": body.speed, "t": headers."x-trace", "c": status, "a": input.address} %}';
    const look = tool({ url: '${BASE}/', result });
    expect(await look.execute({ address: 'here' }, toolContext())).toEqual({ s: 80, t: 't1', c: 200, a: 'here' });
  });

  it('gives null where result selects nothing, and an error where it fails', async () => {
    expect(await tool({ url: '${BASE}/', result: '{% body.none %}' }).execute({}, toolContext())).toBeNull();
    const failing = tool({ url: '${BASE}/', result: '{% body.unit + 1 %}' });
    await expect(failing.execute({}, toolContext())).rejects.toMatchObject({
      code: 'expression_failed',
      message: expect.stringContaining('agent a@v1, tools[0].http.result failed'),
    });
  });

  it('gives text as text and an empty body as null', async () => {
    expect(await tool({ url: '${BASE}/text' }).execute({}, toolContext())).toBe('plain words');
    expect(await tool({ url: '${BASE}/empty' }).execute({}, toolContext())).toBeNull();
  });

  it('makes an answer other than 2xx an error with status and the beginning of the body', async () => {
    const result = await tool({ url: '${BASE}/missing' }).execute({}, toolContext());
    expect(result).toMatchObject({ isError: true });
    const { content } = result as { content: string };
    expect(content).toMatch(/^The service answered 404 Not Found: \{"error":"no such address x+…$/);
    expect(content.length).toBeLessThan(600);
  });

  it.each([
    ['/large', 'larger than 1 MB'],
    ['/broken', 'not the JSON it claims to be: {"a":'],
  ])('refuses the body of %s', async (path, message) => {
    await expect(tool({ url: `\${BASE}${path}` }).execute({}, toolContext())).rejects.toThrow(message);
  });

  it('says that the host did not answer in time', async () => {
    const look = tool({ url: '${BASE}/never', timeout_s: 0.2 });
    await expect(look.execute({}, toolContext())).rejects.toMatchObject({
      code: 'tool_unavailable',
      message: `${new URL(base).host} did not answer in time.`,
    });
  });

  it('says that the connection broke while it answered', async () => {
    await expect(tool({ url: '${BASE}/cut' }).execute({}, toolContext())).rejects.toMatchObject({
      code: 'tool_unavailable',
    });
  });

  it('says that the host cannot be reached', async () => {
    const look = tool({ url: 'http://127.0.0.1:9/' });
    await expect(look.execute({}, toolContext())).rejects.toThrow("127.0.0.1:9 can't be reached");
  });

  it('stops when the run is cancelled', async () => {
    const controller = new AbortController();
    const running = tool({ url: '${BASE}/never' }).execute({}, toolContext({ signal: controller.signal }));
    controller.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each([
    [
      'a missing variable',
      '${NOWHERE}/x',
      'The environment variable NOWHERE is not set, but agent a@v1, tools[0].http.url refers to it',
    ],
    ['no URL', '${WORD}/x', 'which is not an http or https URL'],
    ['a placeholder in the host', 'http://{address}.test/', 'which is not an http or https URL'],
  ])('refuses %s when it is opened', (_name, url, message) => {
    expect(() => tool({ url }, { WORD: 'word' })).toThrow(message);
  });

  it('shows no secret in the message about a URL', () => {
    expect(() => tool({ url: '${WORD}/x' }, { WORD: 's3cret' })).not.toThrow('s3cret');
  });
});

describe('the reach of an http tool', () => {
  it('follows a redirect within the origin', async () => {
    const look = tool({ url: '${BASE}/within', headers: { authorization: 'x' } });
    expect(await look.execute({}, toolContext())).toEqual({ speed: 80, unit: 'Mbit/s' });
    expect(seen.map(({ url }) => url).slice(-2)).toEqual(['/within', '/after']);
  });

  it.each([
    ['/elsewhere', 'redirects to http://localhost:'],
    ['/round', 'without an end'],
  ])('stops at the redirect of %s, and sends no key elsewhere', async (path, message) => {
    const look = tool({ url: `\${BASE}${path}`, headers: { authorization: 'x' } });
    await expect(look.execute({}, toolContext())).rejects.toThrow(message);
    expect(seen.some(({ url }) => url === '/steal')).toBe(false);
  });

  it('refuses a public name with a private address, and calls it where the agent says so', async () => {
    const url = `http://catalog.example.com:${new URL(base).port}/x`;
    await expect(tool({ url }).execute({}, toolContext())).rejects.toMatchObject({
      code: 'tool_unavailable',
      message: expect.stringMatching(/catalog\.example\.com.* not called: .*127\.0\.0\.1.*private_network: true/),
    });
    expect(seen).toEqual([]);
  });

  it.each(['127.0.0.1', '[::1]', 'localhost', 'catalog', 'a.svc.cluster.local', 'x.internal', '169.254.169.254'])(
    'takes %s as the name of a private place',
    (host) => expect(namesPrivatePlace(host)).toBe(true),
  );

  it.each(['example.com', '1.example.com', 'internal.example.com'])('takes %s as a public name', (host) => {
    expect(namesPrivatePlace(host)).toBe(false);
  });
});

describe('a secret that the service echoes', () => {
  const secretive = (path: string, fields = {}) =>
    tool(
      { url: `\${BASE}${path}?key=\${TOKEN}`, headers: { authorization: 'Bearer ${TOKEN}' }, ...fields },
      { BASE: base, TOKEN: SECRET },
    );

  it('is hidden in values and keys, encoded or not', async () => {
    const result = JSON.stringify(await secretive('/echo').execute({}, toolContext()));
    expect(result).toBe(
      '{"authorization":"Bearer ***","url":"/echo?key=***","Bearer ***":1,"encoded":["***E=","eG***eQ==","dXNlcjp***SE="],"urlSafe":"***E"}',
    );
  });

  it('is hidden in errors and in what an expression makes of the answer', async () => {
    expect(await secretive('/echo-fault').execute({}, toolContext())).toEqual({
      content: 'The service answered 500 Internal Server Error: not allowed: Bearer ***',
      isError: true,
    });
    const result = '{% $base64encode(body.authorization) & $string(body) %}';
    const text = await secretive('/echo', { result }).execute({}, toolContext());
    expect(text).not.toContain('9f8e7d6c');
  });

  it('keeps ordinary text, short values and the address', async () => {
    const env = { BASE: base, TOKEN: 'Mbit' };
    const look = tool({ url: '${BASE}/x', headers: { authorization: '${TOKEN}' } }, env);
    expect(await look.execute({}, toolContext())).toEqual({ speed: 80, unit: 'Mbit/s' });
  });
});
