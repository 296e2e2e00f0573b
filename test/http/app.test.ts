import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createLog } from '../../src/base/log.ts';
import { createHttpApp } from '../../src/http/app.ts';
import { problem } from '../../src/http/problem.ts';
import { echo, httpParts, JSON_HEADERS, parseEvents } from './http-parts.ts';

const chat = (body: string, headers: Record<string, string> = JSON_HEADERS) => ({ method: 'POST', body, headers });

describe('POST /v1/chat', () => {
  it('streams the events, each with its name and its data as JSON', async () => {
    const response = await createHttpApp(httpParts()).request('/v1/chat', chat('{"message": "hello"}'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = parseEvents(await response.text());
    expect(events.map(({ event }) => event)).toEqual(['conversation', 'text-delta', 'done']);
    for (const { event, data } of events) expect(data.type).toBe(event);
    expect(events[1]?.data).toEqual({ type: 'text-delta', text: 'hello\nand a second line' });
  });

  it('answers a fault that comes first with its status', async () => {
    const body = '{"message": "hello", "conversation_id": "conv_busy"}';
    const response = await createHttpApp(httpParts()).request('/v1/chat', chat(body));
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ code: 'conversation_busy', detail: 'wait', status: 409 });
  });

  it.each([
    [
      'an unknown key',
      '{"message": "x", "mesage": "y"}',
      /^body .*unknown field "mesage" \(did you mean "message"\?\)/,
    ],
    ['a missing message', '{}', /^body.message .*expected string/],
    ['a blank message', '{"message": "  "}', /^body.message .*must not be empty/],
    ['a wrong type', '{"message": 5}', /^body.message .*expected string/],
    ['JSON that is cut off', '{"message": ', /^body .*not valid JSON/],
  ])('refuses %s and names it', async (_, body, told) => {
    const response = await createHttpApp(httpParts()).request('/v1/chat', chat(body));
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const found = problem.parse(await response.json());
    expect(found).toMatchObject({
      code: 'invalid_arguments',
      status: 400,
      type: 'urn:rowmill:error:invalid_arguments',
    });
    expect(`${found.place} ${found.detail}`).toMatch(told);
  });

  it('refuses a body that does not say that it is JSON', async () => {
    const headers = { 'content-type': 'text/plain' };
    const response = await createHttpApp(httpParts()).request('/v1/chat', chat('{"message": "x"}', headers));
    expect(response.status).toBe(415);
    expect(await response.text()).toContain('application/json');
  });

  it.each([
    ['announced', { ...JSON_HEADERS, 'content-length': String(1024 * 1024 + 1) }],
    ['not announced', JSON_HEADERS],
  ])('refuses a body above 1 MiB whose length is %s', async (_, headers) => {
    const body = JSON.stringify({ message: 'x'.repeat(1024 * 1024) });
    const response = await createHttpApp(httpParts()).request('/v1/chat', chat(body, headers));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'payload_too_large' });
  });
});

describe('the other routes', () => {
  const app = createHttpApp(httpParts());

  it('reads a conversation', async () => {
    const response = await app.request('/v1/conversations/conv_known');
    expect(await response.json()).toMatchObject({ id: 'conv_known', messages: [{ role: 'user', content: 'hi' }] });
  });

  it('answers 404 for a conversation that is not there', async () => {
    const response = await app.request('/v1/conversations/conv_other');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'conversation_not_found' });
  });

  it.each(['GET', 'POST', 'DELETE'])('hands %s /mcp over', async (method) => {
    const body = method === 'POST' ? 'body' : null;
    const response = await app.request('/mcp', { method, body });
    expect(await response.text()).toBe(`${method} ${body ?? ''}`);
  });

  it('takes 4 MiB at /mcp and no more', async () => {
    const post = (size: number) => app.request('/mcp', { method: 'POST', body: 'x'.repeat(size) });
    expect((await post(4 * 1024 * 1024)).status).toBe(200);
    expect((await post(4 * 1024 * 1024 + 1)).status).toBe(413);
  });

  it.each([
    ['GET', '/nothing'],
    ['GET', '/v1/chat'],
    ['DELETE', '/healthz'],
  ])('answers 404 as JSON for %s %s', async (method, path) => {
    const response = await app.request(path, { method });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'not_found' });
  });

  it('is healthy, and ready when its store is', async () => {
    expect(await (await app.request('/healthz')).json()).toEqual({ status: 'ok', version: '1.2.3' });
    expect((await app.request('/readyz')).status).toBe(200);
    const ready = () => Promise.reject(new AppError('store_unavailable', 'The disk is full.'));
    const response = await createHttpApp(httpParts({ ready })).request('/readyz');
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'store_unavailable', detail: 'The disk is full.' });
  });

  it('describes as required only parameters that must be given', async () => {
    const { paths } = (await (await app.request('/openapi.json')).json()) as {
      paths: Record<string, { get?: { parameters?: { name: string; in: string; required?: boolean }[] } }>;
    };
    const required = Object.entries(paths).flatMap(([path, { get }]) =>
      (get?.parameters ?? []).flatMap((one) => (one.in === 'query' && one.required ? [`${path} ${one.name}`] : [])),
    );
    expect(required).toEqual(['/v1/schedule-times cron']);
  });

  it('describes itself', async () => {
    const document = (await (await app.request('/openapi.json')).json()) as { openapi: string; paths: object };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/v1/chat',
        '/v1/conversations/{id}',
        '/v1/keys',
        '/v1/session',
        '/v1/audit',
        '/healthz',
      ]),
    );
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path as object));
    const named = operations.map((operation) => (operation as { operationId?: string }).operationId);
    expect(named).not.toContain(undefined);
    expect(new Set(named).size).toBe(named.length);
  });

  it('tells nothing of its insides when something unforeseen fails', async () => {
    const conversations = { ...echo(), read: () => Promise.reject(new Error('secret path')) };
    const response = await createHttpApp(httpParts({ conversations })).request('/v1/conversations/x');
    expect(response.status).toBe(500);
    const body = await response.text();
    expect(body).toContain('"internal"');
    expect(body).not.toContain('secret');
  });

  it('have an id, which stands in the log too', async () => {
    const lines: string[] = [];
    const log = createLog('error', { write: (line: string) => lines.push(line) });
    const conversations = { ...echo(), read: () => Promise.reject(new Error('broken')) };
    const response = await createHttpApp(httpParts({ conversations, log })).request('/v1/conversations/x');
    const id = response.headers.get('x-request-id');
    expect(id).toMatch(/^[\w-]{8}$/);
    expect(lines.map((line) => JSON.parse(line).request)).toEqual([id]);
    expect((await createHttpApp(httpParts()).request('/healthz')).headers.get('x-request-id')).not.toBe(id);
  });
});
