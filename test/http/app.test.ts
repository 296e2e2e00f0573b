import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.ts';
import { createHttpApp } from '../../src/http/app.ts';
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
    expect(await response.json()).toEqual({ error: { code: 'conversation_busy', message: 'wait' } });
  });

  it.each([
    ['an unknown key', '{"message": "x", "mesage": "y"}', /Unrecognized key: "mesage"/],
    ['a missing message', '{}', /message: .*expected string/],
    ['a blank message', '{"message": "  "}', /message: must not be empty/],
    ['a wrong type', '{"message": 5}', /message: .*expected string/],
    ['JSON that is cut off', '{"message": ', /not valid JSON/],
  ])('refuses %s and names it', async (_, body, told) => {
    const response = await createHttpApp(httpParts()).request('/v1/chat', chat(body));
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('invalid_arguments');
    expect(error.message).toMatch(told);
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
    expect(await response.json()).toMatchObject({ error: { code: 'payload_too_large' } });
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
    expect(await response.json()).toMatchObject({ error: { code: 'conversation_not_found' } });
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
    expect(await response.json()).toMatchObject({ error: { code: 'not_found' } });
  });

  it('is healthy, and ready when its store is', async () => {
    expect(await (await app.request('/healthz')).json()).toEqual({ status: 'ok', version: '1.2.3' });
    expect((await app.request('/readyz')).status).toBe(200);
    const ready = () => Promise.reject(new AppError('store_unavailable', 'The disk is full.'));
    const response = await createHttpApp(httpParts({ ready })).request('/readyz');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: { code: 'store_unavailable', message: 'The disk is full.' } });
  });

  it('describes itself', async () => {
    const document = (await (await app.request('/openapi.json')).json()) as { openapi: string; paths: object };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual([
      '/v1/chat',
      '/v1/conversations/{id}',
      '/v1/confirmations/{code}',
      '/healthz',
      '/readyz',
    ]);
  });

  it('tells nothing of its insides when something unforeseen fails', async () => {
    const conversations = { ...echo(), read: () => Promise.reject(new Error('secret path')) };
    const response = await createHttpApp(httpParts({ conversations })).request('/v1/conversations/x');
    expect(response.status).toBe(500);
    const body = await response.text();
    expect(body).toContain('"internal"');
    expect(body).not.toContain('secret');
  });
});
