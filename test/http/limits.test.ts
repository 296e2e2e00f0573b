import { describe, expect, it } from 'vitest';
import { createHttpApp } from '../../src/http/app.ts';
import { createBodyBudget } from '../../src/http/middleware/request-limit.ts';
import { httpParts, JSON_HEADERS, waiting } from './http-parts.ts';

const say = (signal?: AbortSignal) => ({
  method: 'POST',
  headers: JSON_HEADERS,
  body: '{"message": "hi"}',
  ...(signal !== undefined && { signal }),
});

describe('chat turns at the same time', () => {
  it('are limited: one more gets 429 and when to come again, and a place is free when a turn is over', async () => {
    const conversations = waiting();
    const app = createHttpApp(httpParts({ conversations, maxTurns: 2 }));
    const leave = new AbortController();
    const open = [await app.request('/v1/chat', say(leave.signal)), await app.request('/v1/chat', say())];
    expect(open.map(({ status }) => status)).toEqual([200, 200]);
    const refused = await app.request('/v1/chat', say());
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    expect(await refused.json()).toMatchObject({ code: 'too_busy' });
    const read = open.map((answer) => answer.text());
    leave.abort();
    await read[0];
    const again = await app.request('/v1/chat', say());
    expect(again.status).toBe(200);
    await Promise.all([again.text(), app.endTurns(), ...read]);
  });

  it('that fail at once leave their place', async () => {
    const app = createHttpApp(httpParts({ maxTurns: 1 }));
    const busy = { ...say(), body: '{"message": "hi", "conversation_id": "conv_busy"}' };
    for (let turn = 0; turn < 3; turn += 1) expect((await app.request('/v1/chat', busy)).status).toBe(409);
    for (let turn = 0; turn < 3; turn += 1) {
      const answer = await app.request('/v1/chat', say());
      expect(answer.status).toBe(200);
      await answer.text();
    }
  });
});

describe('bodies of requests', () => {
  it('count against one total, by what they announce or may reach', async () => {
    const held: (() => void)[] = [];
    const app = createHttpApp(
      httpParts({ mcp: () => new Promise((resolve) => held.push(() => resolve(new Response('done')))) }),
    );
    const post = (length?: number) => {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array(8));
          controller.close();
        },
      });
      const headers = length === undefined ? {} : { 'content-length': String(length) };
      return app.request('/mcp', { method: 'POST', body, headers, duplex: 'half' } as RequestInit);
    };
    const waiting = Array.from({ length: 16 }, () => Promise.resolve(post()));
    await expect.poll(() => held.length).toBe(16);
    const refused = await post(100);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    held[0]?.();
    await waiting[0];
    const next = Promise.resolve(post(100));
    await expect.poll(() => held.length).toBe(17);
    for (const end of held) end();
    expect((await next).status).toBe(200);
  });

  it('are given back once each', () => {
    const budget = createBodyBudget({ maxMib: 1 });
    const giveBack = budget.take(1024 * 1024);
    expect(() => budget.take(1)).toThrow(/same time/);
    giveBack();
    giveBack();
    budget.take(1024 * 1024);
    expect(() => budget.take(1)).toThrow();
  });
});
