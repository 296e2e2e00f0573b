import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createHttpApp } from '../../src/http/app.ts';
import { type Listening, listen } from '../../src/http/listen.ts';
import { httpParts, JSON_HEADERS, parseEvents, waiting } from './http-parts.ts';

const open: Listening[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((listening) => listening.close()));
});

async function serve(
  given: Parameters<typeof httpParts>[0],
  options: { graceMs?: number; signal?: AbortSignal; slowBodyMs?: number } = {},
) {
  const listening = await listen(createHttpApp(httpParts(given)), { port: 0, graceMs: 50, ...options });
  open.push(listening);
  return listening;
}

function chat(url: string, signal?: AbortSignal): Promise<Response> {
  const request = { method: 'POST', headers: JSON_HEADERS, body: '{"message": "hello"}' };
  return fetch(`${url}/v1/chat`, signal === undefined ? request : { ...request, signal });
}

describe('listen', () => {
  it('serves on a free port', async () => {
    const { url, port } = await serve({});
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(parseEvents(await (await chat(url)).text())).toHaveLength(3);
  });

  it('says which port is taken', async () => {
    const { port } = await serve({});
    const second = listen(createHttpApp(httpParts()), { port });
    await expect(second).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining(`Port ${port}`),
    });
  });

  it.each([
    ['an address that is too long', `GET /healthz?x=${'x'.repeat(40_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
    ['what is not HTTP', 'hello\r\n\r\n', 400],
  ])('answers %s with a problem', async (_, sent, status) => {
    const { port } = await serve({});
    const socket = connect(port, '127.0.0.1');
    socket.write(sent);
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text).toContain('application/problem+json');
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toMatchObject({ status, code: 'invalid_arguments' });
  });

  it('closes a connection whose body arrives too slowly, and leaves an idle answer open', async () => {
    const conversations = waiting();
    const { url, port } = await serve({ conversations }, { slowBodyMs: 30 });
    const left = new AbortController();
    const open = await chat(url, left.signal);
    const slow = connect(port, '127.0.0.1');
    const closed = once(slow, 'close');
    slow.on('error', () => undefined);
    slow.write(
      'POST /v1/chat HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n{',
    );
    await closed;
    expect(conversations.ended).toBe(0);
    left.abort();
    await open.text().catch(() => undefined);
  });

  it('keeps an idle stream open with comments', async () => {
    const { url } = await serve({ conversations: waiting(), keepAliveMs: 5 });
    const left = new AbortController();
    const response = await chat(url, left.signal);
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.split(': keep-alive\n\n').length > 3) break;
    }
    left.abort();
    expect(text).toContain('event: conversation\n');
  });

  it('ends the turn when its client goes away', async () => {
    const conversations = waiting();
    const { url } = await serve({ conversations });
    const left = new AbortController();
    const response = await chat(url, left.signal);
    await response.body?.getReader().read();
    expect(conversations.ended).toBe(0);
    left.abort();
    await vi.waitFor(() => expect(conversations.ended).toBe(1));
  });

  it('when stopped, ends streams after the grace time and tells their clients why', async () => {
    const conversations = waiting();
    const stop = new AbortController();
    const { url, closed } = await serve({ conversations }, { signal: stop.signal });
    const response = await chat(url);
    stop.abort();
    const events = parseEvents(await response.text());
    expect(events.at(-1)?.data).toMatchObject({
      type: 'error',
      code: 'aborted',
      message: expect.stringContaining('stopping'),
    });
    await closed;
    expect(conversations.ended).toBe(1);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it('when stopped, tells listeners at once, without the grace time of those that work', async () => {
    let told = 0;
    const stopStreams = async () => {
      told += 1;
    };
    const app = { ...createHttpApp(httpParts()), stopStreams };
    const listening = await listen(app, { port: 0, graceMs: 3_600_000 });
    await listening.close();
    expect(told).toBe(1);
  });

  it('when stopped, takes no new work on connections that are open', async () => {
    const app = createHttpApp(httpParts());
    await app.stopStreams();
    const request = { method: 'POST', headers: JSON_HEADERS, body: '{"message": "hello"}' };
    const refused = await app.request('/v1/chat', request);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect((await app.request('/healthz')).status).toBe(200);
  });

  it('when stopped hard, ends streams at once', async () => {
    const conversations = waiting();
    const stop = new AbortController();
    const hard = new AbortController();
    const options = { port: 0, graceMs: 3_600_000, signal: stop.signal, hardSignal: hard.signal };
    const listening = await listen(createHttpApp(httpParts({ conversations })), options);
    const response = await chat(listening.url);
    stop.abort();
    hard.abort();
    expect(parseEvents(await response.text()).at(-1)?.data).toMatchObject({ type: 'error', code: 'aborted' });
    await listening.closed;
  });

  it('when stopped, lets a request under way finish within the grace time', async () => {
    const arrived = Promise.withResolvers<void>();
    const late = Promise.withResolvers<Response>();
    const mcp = () => {
      arrived.resolve();
      return late.promise;
    };
    const { url, close } = await serve({ mcp }, { graceMs: 10_000 });
    const answer = fetch(`${url}/mcp`);
    await arrived.promise;
    const closed = close();
    late.resolve(new Response('late'));
    expect(await (await answer).text()).toBe('late');
    await closed;
    expect(close()).toBe(closed);
  });
});
