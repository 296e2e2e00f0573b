import { describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import type { AssistantBlock } from '../../../src/protocol/messages.ts';
import { createGeminiProvider } from '../../../src/providers/gemini/gemini-provider.ts';
import { testNativeAnswers } from '../../contracts/native-answers.ts';
import { createAsking, HELLO, type ProviderBench, requestOf, testProvider, WAYS } from '../../contracts/provider.ts';
import type { WireBlock } from '../../support/messages-wire.ts';
import { geminiFormat } from '../../support/providers/gemini-format.ts';

const bench: ProviderBench = {
  format: geminiFormat,
  model: 'gemini-3-flash',
  lacksCacheWrites: true,
  create: (url) => createGeminiProvider({ apiKey: 'key-1', baseUrl: url, log: createSilentLog() }),
};

testProvider('Gemini', bench);
testNativeAnswers('Gemini', bench);

const { ask, open, faultOf, requests } = createAsking(bench);
const signal = new AbortController().signal;

describe('a request to Gemini', () => {
  it('carries the key in a header, and schemas in the form that all models take', async () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      properties: { kind: { const: 'a' }, n: { type: 'integer', minimum: 1 } },
      additionalProperties: false,
    };
    await ask(HELLO, { request: { tools: [{ name: 'look', description: 'Looks.', inputSchema: schema }] } });
    expect(requests()[0]?.headers['x-goog-api-key']).toBe('key-1');
    expect(requests()[0]?.path).not.toContain('key-1');
    expect(requests()[0]?.body).toEqual({
      contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
      systemInstruction: { role: 'user', parts: [{ text: 'Be brief.' }] },
      generationConfig: { maxOutputTokens: 100 },
      tools: [
        {
          functionDeclarations: [
            {
              name: 'look',
              description: 'Looks.',
              parametersJsonSchema: {
                type: 'object',
                properties: {
                  kind: { type: 'string', enum: ['a'] },
                  n: { type: 'integer', description: '(minimum: 1)' },
                },
                required: [],
                additionalProperties: false,
              },
            },
          ],
        },
      ],
    });
  });

  it('without a key fails before anything is sent, and names the variable', async () => {
    const provider = createGeminiProvider({ baseUrl: 'http://127.0.0.1:1', log: createSilentLog() });
    await expect(provider.respond(requestOf(bench.model), { signal })).rejects.toMatchObject({
      code: 'model_key_refused',
      message: expect.stringContaining('GEMINI_API_KEY'),
    });
  });
});

describe.each(WAYS)('an answer of Gemini, %s', (_way, way) => {
  /** Sends an answer back, with ids for calls that have none and a result for each. */
  async function exchange(content: WireBlock[]) {
    const { provider } = await open(({ messages }) => (messages.length > 1 ? HELLO : { content }));
    const request = requestOf(bench.model);
    const first = await provider.respond(request, { signal, ...way() });
    const answered = first.content.map(
      (block, index): AssistantBlock =>
        block.type === 'tool_use' && block.id === '' ? { ...block, id: `call_0_${index}` } : block,
    );
    const results = answered.flatMap((block) =>
      block.type === 'tool_use' ? [{ type: 'tool_result' as const, tool_use_id: block.id, content: 'done' }] : [],
    );
    const stored = JSON.parse(JSON.stringify(answered)) as AssistantBlock[];
    const messages = [
      ...request.messages,
      { role: 'assistant' as const, content: stored },
      { role: 'user' as const, content: results },
    ];
    await provider.respond({ ...request, messages }, { signal, ...way() });
    return { first, sent: requests()[1]?.body['contents'] as unknown[] };
  }

  it('keeps the signatures of thoughts beside their calls, and gives no ids to calls that had none', async () => {
    const { first, sent } = await exchange([
      { type: 'part', text: 'Let me think.', thought: true },
      { type: 'tool_use', name: 'look', input: { q: '1' }, thoughtSignature: 'c2ln' },
      { type: 'tool_use', name: 'tell', input: { it: '2' } },
    ]);
    expect(first.content.map(({ type }) => type)).toEqual(['opaque', 'opaque', 'tool_use', 'opaque', 'tool_use']);
    expect(sent).toEqual([
      { role: 'user', parts: [{ text: 'Hello' }] },
      {
        role: 'model',
        parts: [
          { text: 'Let me think.', thought: true },
          { functionCall: { name: 'look', args: { q: '1' } }, thoughtSignature: 'c2ln' },
          { functionCall: { name: 'tell', args: { it: '2' } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'look', response: { output: 'done' } } },
          { functionResponse: { name: 'tell', response: { output: 'done' } } },
        ],
      },
    ]);
  });

  it('keeps a signature that comes with no words', async () => {
    const { sent } = await exchange([
      { type: 'part', text: 'I look.' },
      { type: 'part', text: '', thoughtSignature: 'c2ln' },
      { type: 'tool_use', id: 'f1', name: 'look', input: { q: '1' } },
    ]);
    expect(sent[1]).toEqual({
      role: 'model',
      parts: [
        { text: 'I look.' },
        { text: '', thoughtSignature: 'c2ln' },
        { functionCall: { id: 'f1', name: 'look', args: { q: '1' } } },
      ],
    });
    expect(sent[2]).toMatchObject({ parts: [{ functionResponse: { id: 'f1', name: 'look' } }] });
  });

  it.each(['SAFETY', 'RECITATION', 'PROHIBITED_CONTENT', 'SPII', 'BLOCKLIST'])(
    'that ends with %s is a refusal',
    async (reason) => {
      const response = await ask({ content: [], stop_reason: reason }, way());
      expect(response).toMatchObject({ stopReason: 'refusal', stopDetails: reason });
    },
  );

  it('to a prompt that is blocked is a refusal', async () => {
    const blocked = { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 7 } };
    const isStreamed = way().onText !== undefined;
    const body = isStreamed ? `data: ${JSON.stringify(blocked)}\r\n\r\n` : JSON.stringify(blocked);
    const response = await ask({ fault: 'status', status: 200, body }, way());
    expect(response).toMatchObject({
      content: [],
      stopReason: 'refusal',
      stopDetails: 'PROHIBITED_CONTENT',
      usage: { inputTokens: 7, outputTokens: 0 },
    });
  });

  it('with a call that came out malformed is an end, so that the model is asked again', async () => {
    const response = await ask({ content: [], stop_reason: 'MALFORMED_FUNCTION_CALL' }, way());
    expect(response).toMatchObject({ content: [], stopReason: 'end_turn' });
  });

  it('that is refused tells in its details how long to wait', async () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.07s' }];
    const error = { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'You exceeded your current quota.', details };
    const fault = await faultOf({ fault: 'status', status: 429, body: JSON.stringify({ error }) }, way());
    expect(fault).toMatchObject({ code: 'model_rate_limited', retryAfterMs: 34_070 });
  });
});

describe('a stream of Gemini', () => {
  it('keeps every digit of the arguments of tool calls', async () => {
    const chunk = (part: string) => `data: {"candidates":[{"content":{"parts":[${part}]}}]}\r\n\r\n`;
    const call = (id: string) => `{"functionCall":{"name":"look","args":{"id":${id}}}}`;
    const body = [chunk('{"text":"Go"}'), chunk(call('7')), chunk(call('12345678901234567890'))].join('');
    const end = 'data: {"candidates":[{"content":{"parts":[]},"finishReason":"STOP"}]}\r\n\r\n';
    const { content } = await ask({ fault: 'status', status: 200, body: body + end }, { onText: () => undefined });
    const inputs = content.flatMap((block) => (block.type === 'tool_use' ? [JSON.stringify(block.input)] : []));
    expect(inputs).toEqual(['{"id":7}', '{"id":12345678901234567890}']);
  });

  it('that breaks off with an error fails, its outcome unknown', async () => {
    const error = { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded.' };
    const body = `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text: 'Go' }] } }] })}\r\n\r\ndata: ${JSON.stringify({ error })}\r\n\r\n`;
    const fault = await faultOf({ fault: 'status', status: 200, body }, { onText: () => undefined });
    expect(fault).toMatchObject({ code: 'model_overloaded', retryable: true, outcomeUnknown: true });
  });
});
