import { describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { createOpenAiProvider } from '../../../src/providers/openai/openai-provider.ts';
import type { RateLimits } from '../../../src/providers/provider.ts';
import { nativeRequest, testNativeAnswers } from '../../contracts/native-answers.ts';
import { createAsking, HELLO, type ProviderBench, requestOf, testProvider, WAYS } from '../../contracts/provider.ts';
import { responsesFormat } from '../../support/providers/responses-format.ts';

const bench: ProviderBench = {
  format: responsesFormat,
  model: 'gpt-5.1',
  create: (url) => createOpenAiProvider({ apiKey: 'key-1', baseUrl: `${url}/v1`, log: createSilentLog() }),
};

testProvider('OpenAI', bench);
testNativeAnswers('OpenAI', bench);

const { ask, open, faultOf, requests } = createAsking(bench);
const signal = new AbortController().signal;

it('an answer in native form has no nulls for the fields that are missing', async () => {
  const { provider } = await open({ content: [{ type: 'text', text: '{"name":"x","size":1,"note":null}' }] });
  const response = await provider.respond(nativeRequest(bench.model), { signal });
  expect(response.content).toMatchObject([{ type: 'tool_use', input: { name: 'x', size: 1 } }]);
  expect(JSON.stringify(response.content)).not.toContain('note');
});

describe('a request to OpenAI', () => {
  it('carries the key, stores nothing there, and makes tools strict where their schemas allow it', async () => {
    await ask(HELLO);
    expect(requests()[0]?.headers['authorization']).toBe('Bearer key-1');
    expect(requests()[0]?.body).toEqual({
      model: 'gpt-5.1',
      max_output_tokens: 100,
      store: false,
      instructions: 'Be brief.',
      input: 'Hello',
      tools: [
        {
          type: 'function',
          name: 'look',
          description: 'Looks.',
          parameters: {
            type: 'object',
            properties: { q: { type: 'string' }, deep: { type: 'object' } },
            required: ['q'],
          },
          strict: false,
        },
        {
          type: 'function',
          name: 'tell',
          description: 'Tells.',
          parameters: {
            type: 'object',
            properties: { it: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
            required: ['it'],
            additionalProperties: false,
          },
          strict: true,
        },
      ],
    });
  });

  it('without system and tools names neither', async () => {
    await ask(HELLO, { request: { system: ' ', tools: [] } });
    expect(Object.keys(requests()[0]?.body ?? {}).toSorted()).toEqual(['input', 'max_output_tokens', 'model', 'store']);
  });

  it('goes out with plain tools once strict ones were refused', async () => {
    const isStrict: unknown[] = [];
    const { provider } = await open((_request, { body }) => {
      isStrict.push((body['tools'] as { strict: boolean }[])[1]?.strict);
      const message = "Invalid schema for function 'tell': 'minItems' is not permitted.";
      return isStrict.at(-1) ? { fault: 'refused', kind: 'invalid', message } : HELLO;
    });
    const request = requestOf(bench.model);
    await expect(provider.respond(request, { signal })).rejects.toMatchObject({
      code: 'model_request_invalid',
      retryable: true,
    });
    await provider.respond(request, { signal });
    await provider.respond(request, { signal });
    expect(isStrict).toEqual([true, false, false]);
  });

  it('without a key fails before anything is sent, and names the variable', async () => {
    const provider = createOpenAiProvider({ baseUrl: 'http://127.0.0.1:1/v1', log: createSilentLog() });
    await expect(provider.respond(requestOf(bench.model), { signal })).rejects.toMatchObject({
      code: 'model_key_refused',
      message: expect.stringContaining('OPENAI_API_KEY'),
    });
  });
});

describe.each(WAYS)('an answer of OpenAI, %s', (_way, way) => {
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA==' };
  const content = [
    reasoning,
    { type: 'text', text: 'I look it up.', phase: 'commentary' },
    { type: 'tool_use', id: 'call_1', name: 'tell', input: { it: null } },
  ];

  it('keeps reasoning and phases in their places, and drops the nulls of optional fields', async () => {
    const { provider } = await open(({ messages }) => (messages.length > 1 ? HELLO : { content }));
    const request = requestOf(bench.model);
    const first = await provider.respond(request, { signal, ...way() });
    expect(first.content.map(({ type }) => type)).toEqual(['opaque', 'opaque', 'text', 'tool_use']);
    expect(first.content.at(-1)).toEqual({ type: 'tool_use', id: 'call_1', name: 'tell', input: {} });
    const answered = JSON.parse(JSON.stringify(first.content)) as typeof first.content;
    const messages = [
      ...request.messages,
      { role: 'assistant' as const, content: answered },
      { role: 'user' as const, content: [{ type: 'tool_result' as const, tool_use_id: 'call_1', content: 'done' }] },
    ];
    await provider.respond({ ...request, messages }, { signal, ...way() });
    expect(requests()[1]?.body['input']).toEqual([
      { role: 'user', content: 'Hello' },
      reasoning,
      { role: 'assistant', content: 'I look it up.', phase: 'commentary' },
      { type: 'function_call', call_id: 'call_1', name: 'tell', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'done' },
    ]);
  });

  it('that calls a tool with broken JSON is passed on as text, and goes back as it was', async () => {
    const broken = { type: 'tool_use', id: 'call_1', name: 'look', partial_json: '{"q": ' };
    const response = await ask({ content: [broken] }, way());
    expect(response.content).toEqual([{ type: 'tool_use', id: 'call_1', name: 'look', input: '{"q": ' }]);
  });

  it('that a filter stopped is a refusal', async () => {
    const response = await ask({ content: [], stop_reason: 'content_filter' }, way());
    expect(response).toMatchObject({ stopReason: 'refusal', stopDetails: 'content_filter' });
  });

  it('that a filter refused beforehand is a refusal that cost nothing', async () => {
    const error = { message: 'Invalid prompt: flagged.', type: 'invalid_request_error', code: 'invalid_prompt' };
    const response = await ask({ fault: 'status', status: 400, body: JSON.stringify({ error }) }, way());
    expect(response).toMatchObject({ stopReason: 'refusal', stopDetails: 'invalid_prompt: Invalid prompt: flagged.' });
    expect(response.usage.inputTokens).toBe(0);
  });

  it('tells the limits of its headers, refused or not', async () => {
    const headers = {
      'x-ratelimit-limit-requests': '500',
      'x-ratelimit-remaining-requests': '499',
      'x-ratelimit-reset-requests': '120ms',
      'x-ratelimit-limit-tokens': '30000',
      'x-ratelimit-remaining-tokens': '12000',
      'x-ratelimit-reset-tokens': '0m36.5s',
    };
    const told: RateLimits[] = [];
    const onLimits = (limits: RateLimits) => told.push(limits);
    await ask(HELLO, { ...way(), headers, onLimits });
    await faultOf({ fault: 'refused', kind: 'rate', headers }, { ...way(), onLimits });
    const limits = {
      requests: { limit: 500, remaining: 499, resetMs: 120 },
      tokens: { limit: 30_000, remaining: 12_000, resetMs: 36_500 },
    };
    expect(told).toEqual([limits, limits]);
  });

  it('does not take a limit of the day for one of the minute', async () => {
    const headers = {
      'x-ratelimit-limit-requests': '200',
      'x-ratelimit-remaining-requests': '199',
      'x-ratelimit-reset-requests': '7m12s',
    };
    const told: RateLimits[] = [];
    await ask(HELLO, { ...way(), headers, onLimits: (limits) => told.push(limits) });
    expect(told).toEqual([]);
  });

  it('waits for the limit that is used up when no header says how long', async () => {
    const headers = { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '6m0s' };
    const fault = await faultOf({ fault: 'refused', kind: 'rate', headers }, way());
    expect(fault.retryAfterMs).toBe(360_000);
  });

  it('that can never fit the limit of a minute is not waited for', async () => {
    const message = 'Request too large for gpt-5.1 on tokens per min (TPM): Limit 30000, Requested 41210.';
    expect(await faultOf({ fault: 'refused', kind: 'rate', message }, way())).toMatchObject({
      code: 'context_too_long',
      retryable: false,
    });
  });

  it('that failed on the way is a fault whose outcome is unknown', async () => {
    const failed = {
      status: 'failed',
      error: { code: 'server_error', message: 'Sorry.' },
      model: 'gpt-5.1',
      output: [],
    };
    const isStreamed = way().onText !== undefined;
    const event = `event: response.failed\ndata: ${JSON.stringify({ type: 'response.failed', response: failed })}\n\n`;
    const fault = await faultOf(
      {
        fault: 'status',
        status: 200,
        body: isStreamed ? event : JSON.stringify(failed),
        headers: { 'content-type': isStreamed ? 'text/event-stream' : 'application/json' },
      },
      way(),
    );
    expect(fault).toMatchObject({ code: 'model_server_error', retryable: true, outcomeUnknown: true });
  });
});

describe('a stream of OpenAI', () => {
  it.each([
    ['server_error', 'model_server_error'],
    ['rate_limit_exceeded', 'model_rate_limited'],
  ])('that breaks off with %s fails with %s, its outcome unknown', async (code, expected) => {
    const body = `event: error\ndata: ${JSON.stringify({ type: 'error', code, message: 'Sorry.', param: null })}\n\n`;
    const headers = { 'content-type': 'text/event-stream' };
    const fault = await faultOf({ fault: 'status', status: 200, body, headers }, { onText: () => undefined });
    expect(fault).toMatchObject({ code: expected, retryable: true, outcomeUnknown: true });
  });
});

describe('the check of a model of OpenAI', () => {
  /** A server that has a list of models, or none. */
  async function check(body: object): Promise<void> {
    const provider = createOpenAiProvider({
      apiKey: 'key-1',
      baseUrl: 'http://127.0.0.1:1/v1',
      log: createSilentLog(),
      fetch: async () => Response.json(body, { status: 'error' in body ? 404 : 200 }),
    });
    await provider.checkModel?.('gpt-9');
  }

  it('tells that there is no such model, and nothing where that is not certain', async () => {
    const error = { message: "The model 'gpt-9' does not exist", code: 'model_not_found' };
    await expect(check({ error })).rejects.toMatchObject({
      code: 'model_unknown',
      message: expect.stringContaining('gpt-9'),
    });
    await check({ error: { message: 'Not found' } });
    await check({ id: 'gpt-9', object: 'model' });
  });
});
