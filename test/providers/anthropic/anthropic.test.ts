import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import type { ModelRequest } from '../../../src/protocol/messages.ts';
import { createAnthropicProvider } from '../../../src/providers/anthropic/anthropic-provider.ts';
import type { RespondOptions } from '../../../src/providers/provider.ts';
import {
  type Fault,
  type MessagesServer,
  type MessagesServerOptions,
  startMessagesServer,
} from '../../support/messages-server.ts';
import type { WireAnswer } from '../../support/messages-wire.ts';

const REQUEST: ModelRequest = {
  model: 'claude-haiku-5-5',
  system: 'Be brief.',
  messages: [{ role: 'user', content: 'Hello' }],
  tools: [
    { name: 'look', description: 'Looks.', inputSchema: { type: 'object', properties: { q: { type: 'string' } } } },
    { name: 'tell', description: 'Tells.', inputSchema: { type: 'object' } },
  ],
  maxTokens: 100,
};
const WORDS: WireAnswer = { content: [{ type: 'text', text: 'Good day to you.' }] };

const { signal } = new AbortController();

let server: MessagesServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function ask(
  answer: WireAnswer | Fault | MessagesServerOptions['respond'],
  options: Partial<RespondOptions> & { request?: Partial<ModelRequest> } = {},
) {
  const respond = typeof answer === 'function' ? answer : () => answer;
  server = await startMessagesServer({ respond, keepRequests: true });
  const { request, ...respondOptions } = options;
  const provider = createAnthropicProvider({ apiKey: 'key-1', baseUrl: server.url, log: createSilentLog() });
  return provider.respond({ ...REQUEST, ...request }, { signal: new AbortController().signal, ...respondOptions });
}

async function faultOf(...parameters: Parameters<typeof ask>): Promise<AppError> {
  const thrown = await ask(...parameters).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof AppError)) throw new Error('it did not fail with an AppError', { cause: thrown });
  return thrown;
}

/** Both ways of asking: whole, and streamed. */
const WAYS: [string, () => Pick<RespondOptions, 'onText'>][] = [
  ['whole', () => ({})],
  ['streamed', () => ({ onText: () => undefined })],
];

describe('a request', () => {
  it('carries the key, marks nothing that is too short to be cached, and leaves out what current models refuse', async () => {
    await ask(WORDS);
    const sent = server?.requests[0];
    expect(sent?.headers['authorization'] ?? sent?.headers['x-api-key']).toContain('key-1');
    expect(sent?.body).toEqual({
      model: 'claude-haiku-5-5',
      max_tokens: 100,
      system: 'Be brief.',
      messages: [{ role: 'user', content: 'Hello' }],
      tools: [
        {
          name: 'look',
          description: 'Looks.',
          input_schema: {
            type: 'object',
            properties: { q: { type: 'string' } },
            required: [],
            additionalProperties: false,
          },
          strict: true,
        },
        {
          name: 'tell',
          description: 'Tells.',
          input_schema: { type: 'object' },
        },
      ],
      tool_choice: { type: 'auto' },
    });
  });

  it('goes out with plain tools once strict ones were refused', async () => {
    const isStrict: boolean[] = [];
    server = await startMessagesServer({
      respond: (request) => {
        isStrict.push(request.tools?.some((tool) => tool['strict']) ?? false);
        const message = 'tools.0.custom.strict: Extra inputs are not permitted';
        return isStrict.at(-1) ? { fault: 'status', status: 400, type: 'invalid_request_error', message } : WORDS;
      },
    });
    const provider = createAnthropicProvider({ apiKey: 'key-1', baseUrl: server.url, log: createSilentLog() });
    await expect(provider.respond(REQUEST, { signal })).rejects.toMatchObject({
      code: 'model_request_invalid',
      retryable: true,
    });
    await provider.respond(REQUEST, { signal });
    await provider.respond(REQUEST, { signal });
    expect(isStrict).toEqual([true, false, false]);
    await provider.close();
  });

  it('without system and tools names neither', async () => {
    await ask(WORDS, { request: { system: '', tools: [] } });
    expect(Object.keys(server?.requests[0]?.body ?? {}).toSorted()).toEqual(['max_tokens', 'messages', 'model']);
  });

  it('without a key fails before anything is sent, and names the variable', async () => {
    server = await startMessagesServer({ respond: () => WORDS });
    const provider = createAnthropicProvider({ baseUrl: server.url, log: createSilentLog() });
    await expect(provider.respond(REQUEST, { signal: new AbortController().signal })).rejects.toMatchObject({
      code: 'model_key_refused',
      message: expect.stringContaining('ANTHROPIC_API_KEY'),
    });
    expect(server.stats.requests).toBe(0);
  });
});

describe.each(WAYS)('an answer, %s', (_way, way) => {
  const content = [
    { type: 'thinking', thinking: 'They greet me.', signature: 'sig==' },
    { type: 'text', text: 'Good day to you.' },
    { type: 'brand_new_block', anything: [1, { a: null }] },
    { type: 'tool_use', id: 'toolu_1', name: 'look', input: { q: 'a "quoted" – value', deep: { n: [1, 2] } } },
  ];

  it('is read by type, and unknown blocks go back as they were, in their place', async () => {
    const response = await ask(
      {
        content,
        usage: { input_tokens: 7, output_tokens: 9, cache_creation_input_tokens: 3, cache_read_input_tokens: 5 },
      },
      way(),
    );
    expect(response).toMatchObject({ stopReason: 'tool_use', model: 'claude-haiku-5-5', requestId: 'req_test_1' });
    expect(response.usage).toEqual({ inputTokens: 7, outputTokens: 9, cacheWriteTokens: 3, cacheReadTokens: 5 });
    expect(response.content.map(({ type }) => type)).toEqual(['opaque', 'text', 'opaque', 'tool_use']);
    await server?.close();
    const messages: ModelRequest['messages'] = [
      ...REQUEST.messages,
      { role: 'assistant', content: response.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'no', is_error: true }] },
    ];
    await ask(WORDS, { ...way(), request: { messages } });
    expect(server?.requests[0]?.body.messages).toEqual([
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'no', is_error: true }] },
    ]);
  });

  it.each(['end_turn', 'max_tokens', 'stop_sequence', 'pause_turn', 'model_context_window_exceeded'])(
    'may stop with %s',
    async (reason) => {
      expect((await ask({ ...WORDS, stop_reason: reason }, way())).stopReason).toBe(reason);
    },
  );

  it('that is refused says why', async () => {
    const stopDetails = { type: 'refusal', category: 'cyber', explanation: 'Not this.' };
    const response = await ask({ content: [], stop_reason: 'refusal', stop_details: stopDetails }, way());
    expect(response).toMatchObject({ stopReason: 'refusal', stopDetails: 'cyber: Not this.' });
  });

  it('with a call that lacks its id is passed on with an empty one', async () => {
    const response = await ask({ content: [{ type: 'tool_use', name: 'look', input: {} }] }, way());
    expect(response.content).toEqual([{ type: 'tool_use', id: '', name: 'look', input: {} }]);
  });
});

describe('a streamed answer', () => {
  it('hands its text over in pieces', async () => {
    const pieces: string[] = [];
    await ask(WORDS, { onText: (piece) => pieces.push(piece) });
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe('Good day to you.');
  });

  it('leaves a call that max_tokens cut off empty instead of mending it', async () => {
    const cut = { type: 'tool_use', id: 'a', name: 'look', partial_json: '{"q": "half of' };
    const response = await ask({ content: [cut], stop_reason: 'max_tokens' }, { onText: () => undefined });
    expect(response.content).toEqual([{ type: 'tool_use', id: 'a', name: 'look', input: {} }]);
  });

  it('with broken JSON in a call is invalid', async () => {
    const broken = { type: 'tool_use', id: 'a', name: 'look', partial_json: '{"q": ' };
    const fault = await faultOf({ content: [broken] }, { onText: () => undefined });
    expect(fault).toMatchObject({ code: 'model_response_invalid', retryable: true, outcomeUnknown: true });
  });

  it.each([
    ['overloaded_error', 'model_overloaded'],
    ['api_error', 'model_server_error'],
    ['rate_limit_error', 'model_rate_limited'],
  ])('that breaks off with %s fails with %s, its outcome unknown', async (type, code) => {
    const fault = await faultOf({ fault: 'stream-error', type }, { onText: () => undefined });
    expect(fault).toMatchObject({ code, retryable: true, outcomeUnknown: true });
  });
});

describe.each(WAYS)('a fault, %s', (_way, way) => {
  const status = (code: number, more: Partial<Extract<Fault, { fault: 'status' }>> = {}): Fault => ({
    fault: 'status',
    status: code,
    ...more,
  });

  it.each<[string, Fault, object]>([
    ['400', status(400, { type: 'invalid_request_error' }), { code: 'model_request_invalid', retryable: false }],
    [
      '400 for a long prompt',
      status(400, { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' }),
      { code: 'context_too_long', retryable: false },
    ],
    [
      '400 for credit',
      status(400, { message: 'Your credit balance is too low to access the API' }),
      { code: 'model_spend_limit', retryable: false },
    ],
    ['401', status(401, { type: 'authentication_error' }), { code: 'model_key_refused', retryable: false }],
    ['402', status(402, { type: 'billing_error' }), { code: 'model_spend_limit', retryable: false }],
    ['403', status(403, { type: 'permission_error' }), { code: 'model_permission_denied', retryable: false }],
    ['404', status(404, { type: 'not_found_error' }), { code: 'model_unknown', retryable: false }],
    ['408', status(408), { code: 'model_timeout', retryable: true, outcomeUnknown: true }],
    ['409', status(409), { code: 'model_server_error', retryable: true }],
    ['413', status(413), { code: 'context_too_long', retryable: false }],
    ['422', status(422), { code: 'model_request_invalid', retryable: false }],
    [
      '400 with a sentence',
      status(400, { message: 'tools: field not known. See the guide.' }),
      { message: 'Anthropic refused the request with status 400: tools: field not known. See the guide.' },
    ],
    [
      '429',
      status(429, { type: 'rate_limit_error' }),
      { code: 'model_rate_limited', retryable: true, outcomeUnknown: false },
    ],
    [
      '429 for the spend limit',
      status(429, { type: 'rate_limit_error', errorCode: 'enforced_spend_limit_reached' }),
      { code: 'model_spend_limit', retryable: false },
    ],
    ['500', status(500), { code: 'model_server_error', retryable: true, outcomeUnknown: false }],
    ['503', status(503), { code: 'model_server_error', retryable: true }],
    ['504', status(504), { code: 'model_timeout', retryable: true, outcomeUnknown: true }],
    ['529', status(529, { type: 'overloaded_error' }), { code: 'model_overloaded', retryable: true }],
    ['529 that says not to retry', status(529, { headers: { 'x-should-retry': 'false' } }), { retryable: false }],
    [
      'reset before the answer',
      { fault: 'reset' },
      { code: 'model_unreachable', retryable: true, outcomeUnknown: true },
    ],
    [
      'reset in the answer',
      { fault: 'reset-body' },
      { code: 'model_unreachable', retryable: true, outcomeUnknown: true },
    ],
    ['cut', { fault: 'cut' }, { code: 'model_response_invalid', retryable: true, outcomeUnknown: true }],
    [
      'of another shape',
      { fault: 'body', body: '{"hello": 1}' },
      { code: 'model_response_invalid', retryable: true, outcomeUnknown: true },
    ],
    [
      'a page of a proxy',
      { fault: 'body', body: '<html>Sign in</html>', contentType: 'text/html' },
      { code: 'model_response_invalid', retryable: true, outcomeUnknown: true },
    ],
  ])('%s is told apart, after one request', async (_name, fault, expected) => {
    expect(await faultOf(fault, way())).toMatchObject(expected);
    expect(server?.stats.requests).toBe(1);
  });

  it.each<[string, Record<string, string>, number]>([
    ['retry-after in seconds', { 'retry-after': '7' }, 7000],
    ['retry-after-ms', { 'retry-after-ms': '250', 'retry-after': '7' }, 250],
  ])('carries %s', async (_name, headers, expected) => {
    expect((await faultOf(status(429, { headers }), way())).retryAfterMs).toBe(expected);
  });

  it('carries the reset time of the limit that is used up', async () => {
    const headers = {
      'anthropic-ratelimit-requests-remaining': '40',
      'anthropic-ratelimit-requests-reset': new Date(Date.now() + 500_000).toISOString(),
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': new Date(Date.now() + 60_000).toISOString(),
    };
    const { retryAfterMs } = await faultOf(status(429, { headers }), way());
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it.each<[string, Fault]>([
    ['no answer', { fault: 'hang' }],
    ['an answer that stops half way', { fault: 'hang-body' }],
  ])('of %s ends at the deadline', async (_name, fault) => {
    expect(await faultOf(fault, { ...way(), timeoutMs: 300 })).toMatchObject({
      code: 'model_timeout',
      retryable: true,
      outcomeUnknown: true,
      message: expect.stringContaining('0.3 s'),
    });
  });

  it('of a call that is cancelled is aborted, not a timeout', async () => {
    const controller = new AbortController();
    const fault = await faultOf(
      () => {
        controller.abort();
        return { fault: 'hang' };
      },
      { ...way(), signal: controller.signal },
    );
    expect(fault).toMatchObject({ code: 'aborted', outcomeUnknown: true });
  });
});

describe('the connection', () => {
  it('that is refused says so, and that nothing was sent', async () => {
    const gone = await startMessagesServer({ respond: () => WORDS });
    await gone.close();
    const provider = createAnthropicProvider({ apiKey: 'key-1', baseUrl: gone.url, log: createSilentLog() });
    await expect(provider.respond(REQUEST, { signal: new AbortController().signal })).rejects.toMatchObject({
      code: 'model_unreachable',
      retryable: true,
      outcomeUnknown: false,
      message: expect.stringMatching(/ECONNREFUSED.*ANTHROPIC_BASE_URL/),
    });
  });

  it('is not opened for a call that is cancelled already', async () => {
    const fault = await faultOf(WORDS, { signal: AbortSignal.abort() });
    expect(fault).toMatchObject({ code: 'aborted', outcomeUnknown: false });
    expect(server?.stats.requests).toBe(0);
  });
});

describe('the provider', () => {
  it('lets go of its connections when it is closed, so that a process can end', async () => {
    server = await startMessagesServer({ respond: () => WORDS });
    const provider = createAnthropicProvider({ apiKey: 'key-1', baseUrl: server.url, log: createSilentLog() });
    await provider.respond(REQUEST, { signal });
    await provider.close();
    await provider.close();
    await expect(provider.respond(REQUEST, { signal })).rejects.toMatchObject({ code: 'model_unreachable' });
    expect(server.stats.requests).toBe(1);
  });

  it('takes a fetch of the caller', async () => {
    server = await startMessagesServer({ respond: () => WORDS });
    const urls: string[] = [];
    const provider = createAnthropicProvider({
      apiKey: 'key-1',
      baseUrl: server.url,
      log: createSilentLog(),
      fetch: (input, init) => {
        urls.push(String(input));
        return fetch(input, init);
      },
    });
    await provider.respond(REQUEST, { signal });
    expect(urls).toEqual([`${server.url}/v1/messages`]);
    await provider.close();
  });
});

describe('the warning of a deprecated model', () => {
  it('is shown once, however many calls are made', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    try {
      server = await startMessagesServer({ respond: () => WORDS });
      const provider = createAnthropicProvider({ apiKey: 'key-1', baseUrl: server.url, log: createSilentLog() });
      const request = { ...REQUEST, model: 'claude-sonnet-4-5' };
      for (let call = 0; call < 3; call += 1) {
        await provider.respond(request, { signal: new AbortController().signal });
        await provider.respond(request, { signal: new AbortController().signal, onText: () => undefined });
      }
      expect(server.stats.answered).toBe(6);
      expect(warn.mock.calls.map(String)).toEqual([expect.stringMatching(/claude-sonnet-4-5.*deprecated/)]);
    } finally {
      warn.mockRestore();
    }
  });
});
