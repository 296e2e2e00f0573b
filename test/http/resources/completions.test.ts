import { expect, it } from 'vitest';
import type { HistoryEvent } from '../../../src/agent/conversation/histories.ts';
import { createHttpApp } from '../../../src/http/app.ts';
import { httpParts, JSON_HEADERS } from '../http-parts.ts';

const STARTED: HistoryEvent[] = [
  { type: 'conversation', conversation_id: 'conv_1', agent: 'orchestrator@v1', model: 'm', stand_in: null },
  { type: 'text-delta', text: 'Half' },
];
const FAILED: HistoryEvent = { type: 'error', code: 'model_overloaded', message: 'Try later.' };

/** An app whose conversations emit these events, and then wait for their signal where the last is no end. */
function appOf(events: HistoryEvent[]) {
  const models = {
    ...httpParts().talk.models,
    histories: {
      async *answer({ signal }: { signal: AbortSignal }): AsyncGenerator<HistoryEvent> {
        yield* events;
        if (events.at(-1)?.type === 'error') return;
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener('abort', () => resolve(), { once: true });
        });
        yield { type: 'error', code: 'aborted', message: 'The server is stopping.' };
      },
    },
  };
  return createHttpApp(httpParts({ models, maxTurns: 1 }));
}

function request(stream: boolean): RequestInit {
  const body = JSON.stringify({ stream, messages: [{ role: 'user', content: 'Hi' }] });
  return { method: 'POST', headers: JSON_HEADERS, body };
}

it.each([true, false])(
  'answers a fault that comes first with its status, and gives its place back; stream: %s',
  async (stream) => {
    const app = appOf([FAILED]);
    for (const _ of [1, 2]) {
      const response = await app.request('/v1/chat/completions', request(stream));
      expect(response.status).toBe(503);
      const error = { message: 'Try later.', type: 'server_error', param: null, code: 'model_overloaded' };
      expect(await response.json()).toEqual({ error });
    }
  },
);

it('sends a fault that comes later as the last chunk, without [DONE]', async () => {
  const response = await appOf([...STARTED, FAILED]).request('/v1/chat/completions', request(true));
  const chunks = (await response.text()).trim().split('\n\n');
  expect(chunks[1]).toContain('"content":"Half"');
  expect(JSON.parse(chunks.at(-1)?.slice('data: '.length) ?? '')).toMatchObject({
    error: { code: 'model_overloaded' },
  });
});

it('ends open answers when the server stops, streamed and whole', async () => {
  const app = appOf(STARTED);
  const response = await app.request('/v1/chat/completions', request(true));
  const text = response.text();
  await app.endTurns();
  expect(await text).toContain('"code":"aborted"');

  const whole = appOf(STARTED);
  const answer = whole.request('/v1/chat/completions', request(false));
  await whole.endTurns();
  expect((await answer).status).toBe(503);
});

it('refuses more answers at the same time than there are places', async () => {
  const app = appOf(STARTED);
  const open = await app.request('/v1/chat/completions', request(true));
  const refused = await app.request('/v1/chat/completions', request(true));
  expect(refused.status).toBe(429);
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(await refused.json()).toMatchObject({ error: { type: 'rate_limit_error', code: 'too_busy' } });
  await open.body?.cancel();
  await app.endTurns();
});
