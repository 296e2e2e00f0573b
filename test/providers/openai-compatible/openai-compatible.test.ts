import { describe, expect, it } from 'vitest';
import type { Log } from '../../../src/base/log.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import { createOpenAiCompatibleProvider } from '../../../src/providers/openai-compatible/compatible-provider.ts';
import { nativeRequest, testNativeAnswers } from '../../contracts/native-answers.ts';
import { createAsking, HELLO, type ProviderBench, requestOf, testProvider, WAYS } from '../../contracts/provider.ts';
import { chatFormat } from '../../support/providers/chat-format.ts';
import type { SentRequest } from '../../support/providers/wire-server.ts';

const key = { variable: 'MY_KEY', value: 'key-1' };
const bench: ProviderBench = {
  format: chatFormat,
  model: 'llama-4',
  lacksCacheWrites: true,
  create: (url) => createOpenAiCompatibleProvider({ baseUrl: `${url}/v1`, key, log: createSilentLog() }),
};

testProvider('an OpenAI-compatible server', bench);
testNativeAnswers('an OpenAI-compatible server', bench);

const { ask, open, requests } = createAsking(bench);
const signal = new AbortController().signal;

describe('a request to a compatible server', () => {
  it('is written in the words that all of them know', async () => {
    await ask(HELLO);
    expect(requests()[0]?.headers['authorization']).toBe('Bearer key-1');
    const body = requests()[0]?.body ?? {};
    expect(Object.keys(body)).toEqual(['model', 'max_tokens', 'messages', 'tools']);
    expect(body['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
    ]);
    expect(JSON.stringify(body)).not.toContain('strict');
  });

  it('needs no key where the agent names none', async () => {
    const { server } = await open(HELLO);
    const keyless = createOpenAiCompatibleProvider({ baseUrl: `${server.url}/v1`, log: createSilentLog() });
    await keyless.respond(requestOf(bench.model), { signal });
    expect(server.requests[0]?.headers['authorization']).toBeUndefined();
    await keyless.close();
  });

  it('is not sent where the variable that the agent names holds no key', async () => {
    const { server } = await open(HELLO);
    const options = { baseUrl: server.url, key: { variable: 'MY_KEY', value: undefined }, log: createSilentLog() };
    await expect(
      createOpenAiCompatibleProvider(options).respond(requestOf(bench.model), { signal }),
    ).rejects.toMatchObject({ code: 'model_key_refused', message: expect.stringContaining('MY_KEY') });
    expect(server.requests).toEqual([]);
  });
});

describe('a compatible server that says that its JSON is text', () => {
  const asText = createAsking({
    ...bench,
    format: {
      ...chatFormat,
      write: (...given) => ({ ...chatFormat.write(...given), contentType: 'text/plain' }),
    },
  });

  it('is read all the same', async () => {
    expect(await asText.ask(HELLO)).toEqual(await ask(HELLO));
  });
});

describe('a compatible server that does not take the format of an answer', () => {
  const notices: object[] = [];
  const log = { ...createSilentLog(), warn: (fields: object) => notices.push(fields) } as unknown as Log;
  const openTold = async (respond: Parameters<typeof open>[0]) => {
    notices.length = 0;
    const { server } = await open(respond);
    return createOpenAiCompatibleProvider({ baseUrl: `${server.url}/v1`, log });
  };
  const formats = () => requests().map(({ body }) => 'response_format' in body);

  it.each([
    'This response_format type is unavailable now',
    "'response_format.type' must be 'json_object'",
    'Failed to initialize samplers: failed to parse grammar',
  ])(
    'refuses it in its own words, "%s": all rows of the model go on with the tool, and it is told once',
    async (message) => {
      const provider = await openTold((request) =>
        request.output_config === undefined ? HELLO : { fault: 'refused', kind: 'invalid', message },
      );
      const rows = [1, 2, 3].map((row) =>
        nativeRequest(bench.model, { messages: [{ role: 'user', content: `${row}` }] }),
      );
      const first = await Promise.allSettled(rows.map((row) => provider.respond(row, { signal })));
      expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      for (const row of rows) await provider.respond(row, { signal });
      expect(formats()).toEqual([true, true, true, false, false, false]);
      expect(notices).toMatchObject([{ model: bench.model, reason: expect.stringContaining(message) }]);
      await expect(provider.respond(nativeRequest('another'), { signal })).rejects.toMatchObject({ retryable: true });
      await provider.close();
    },
  );

  it.each([
    ['prose', 'The name is Leeds.'],
    ['an object with other fields', '{"answer": "Leeds"}'],
  ])('ignores it and writes %s: the next request has the tool', async (_what, text) => {
    const provider = await openTold(() => ({ content: [{ type: 'text', text }] }));
    await provider.respond(nativeRequest(bench.model), { signal });
    await provider.respond(nativeRequest(bench.model), { signal });
    expect(formats()).toEqual([true, false]);
    expect(notices).toHaveLength(1);
    await provider.close();
  });

  it('has followed it once: one answer that does not changes nothing', async () => {
    const texts = ['{"name": "Leeds", "size": 1}', 'No idea.', '{"name": "York", "size": 2}'];
    const provider = await openTold(() => ({ content: [{ type: 'text', text: texts.shift() ?? '' }] }));
    for (let row = 0; row < 3; row += 1) await provider.respond(nativeRequest(bench.model), { signal });
    expect(formats()).toEqual([true, true, true]);
    expect(notices).toEqual([]);
    await provider.close();
  });

  it('refuses something else: that is a fault of the request', async () => {
    const provider = await openTold({ fault: 'refused', kind: 'invalid', message: 'max_tokens is too large' });
    const refusal = provider.respond(nativeRequest(bench.model), { signal });
    await expect(refusal).rejects.toMatchObject({ code: 'model_request_invalid', retryable: false });
    await provider.close();
  });
});

describe.each(WAYS)('an answer of a compatible server, %s', (_way, way) => {
  it('keeps its reasoning, and what stands beside a call, for when the call goes back', async () => {
    const extra_content = { google: { thought_signature: 'c2ln' } };
    const content = [
      { type: 'thinking', thinking: 'I have to look.' },
      { type: 'tool_use', id: 'call_1', name: 'look', input: { q: 'x' }, extra_content },
    ];
    const { provider } = await open(({ messages }) => (messages.length > 1 ? HELLO : { content }));
    const request = requestOf(bench.model);
    const first = await provider.respond(request, { signal, ...way() });
    expect(first.content.map(({ type }) => type)).toEqual(['opaque', 'opaque', 'tool_use']);
    const messages = [
      ...request.messages,
      { role: 'assistant' as const, content: first.content },
      { role: 'user' as const, content: [{ type: 'tool_result' as const, tool_use_id: 'call_1', content: 'done' }] },
    ];
    await provider.respond({ ...request, messages }, { signal, ...way() });
    const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"q":"x"}' }, extra_content };
    expect((requests()[1] as SentRequest).body['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: null, reasoning_content: 'I have to look.', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'call_1', content: 'done' },
    ]);
  });

  it('of a call without an id is passed on with an empty one', async () => {
    const response = await ask({ content: [{ type: 'tool_use', name: 'look', input: { q: 'x' } }] }, way());
    expect(response.content).toEqual([{ type: 'tool_use', id: '', name: 'look', input: { q: 'x' } }]);
  });

  it('that a filter stopped is a refusal', async () => {
    const response = await ask({ content: [], stop_reason: 'content_filter' }, way());
    expect(response).toMatchObject({ stopReason: 'refusal', stopDetails: 'content_filter' });
  });
});

describe('a server that is compatible in its own way', () => {
  const stream = (...chunks: object[]) => ({
    fault: 'status' as const,
    status: 200,
    body: `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`,
    headers: { 'content-type': 'text/event-stream' },
  });
  const delta = (value: object, finish_reason: string | null = null) => ({
    model: 'llama-4',
    choices: [{ index: 0, delta: value, finish_reason }],
  });

  it('may number every streamed call 0, and tell no usage', async () => {
    const call = (id: string, json: string) => ({ index: 0, id, function: { name: 'look', arguments: json } });
    const response = await ask(
      stream(
        delta({ role: 'assistant', tool_calls: [call('a', '{"q":"1"}')] }),
        delta({ tool_calls: [call('b', '{"q":"2"}')] }),
        delta({}, 'stop'),
      ),
      { onText: () => undefined },
    );
    expect(response.content).toEqual([
      { type: 'tool_use', id: 'a', name: 'look', input: { q: '1' } },
      { type: 'tool_use', id: 'b', name: 'look', input: { q: '2' } },
    ]);
    expect(response).toMatchObject({ stopReason: 'tool_use', usage: { inputTokens: 0, outputTokens: 0 } });
  });

  it('may give arguments as an object instead of as JSON', async () => {
    const message = { content: '', tool_calls: [{ function: { name: 'look', arguments: { q: 'x' } } }] };
    const usage = { prompt_tokens: 5, completion_tokens: 2 };
    const body = JSON.stringify({ model: 'llama-4', choices: [{ message, finish_reason: 'stop' }], usage });
    const response = await ask({ fault: 'status', status: 200, body });
    expect(response.content).toEqual([{ type: 'tool_use', id: '', name: 'look', input: { q: 'x' } }]);
  });

  it.each([
    "This model's maximum context length is 4096 tokens. However, your messages resulted in 9000 tokens.",
    'the request exceeds the available context size. try increasing the context size',
  ])('has its own words for a prompt that is too long: %s', async (message) => {
    const body = JSON.stringify({ error: { message, type: 'BadRequestError', code: 400 } });
    await expect(ask({ fault: 'status', status: 400, body })).rejects.toMatchObject({ code: 'context_too_long' });
  });

  it('may break off in the middle of a stream with an error', async () => {
    const fault = stream(delta({ content: 'Go' }), { error: { message: 'CUDA out of memory', code: 500 } });
    await expect(ask(fault, { onText: () => undefined })).rejects.toMatchObject({
      code: 'model_server_error',
      retryable: true,
      outcomeUnknown: true,
    });
  });
});
