import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpToolDefinition } from '../../../src/agent/definition.ts';
import { createHttpTool } from '../../../src/agent/tools/http-tool.ts';
import { toolContext } from '../../support/tool-context.ts';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

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
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const input = { type: 'object', properties: { address: { type: 'string' } } };

function tool(fields: Record<string, unknown>, env: Record<string, string | undefined> = { BASE: base }) {
  seen = [];
  const definition = httpToolDefinition.parse({ name: 'look', description: 'Looks.', input, ...fields });
  return createHttpTool(definition, { env, place: 'agent a@v1, tools[0].http', fetch: globalThis.fetch });
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
