import { afterEach, describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import type { ModelRequest } from '../../../src/protocol/messages.ts';
import { createOpenAiBatchApi } from '../../../src/providers/openai/openai-batch.ts';
import { createOpenAiProvider } from '../../../src/providers/openai/openai-provider.ts';
import { createOpenAiCompatibleProvider } from '../../../src/providers/openai-compatible/compatible-provider.ts';
import type { BatchOutcome } from '../../../src/providers/provider-jobs/batch-api.ts';
import { createAsking, type ProviderBench } from '../../contracts/provider.ts';
import { openAiBatchFormat } from '../../support/providers/batch-openai.ts';
import { startBatchServer } from '../../support/providers/batch-server.ts';
import { chatFormat } from '../../support/providers/chat-format.ts';
import { vectorAnswer, vectorOf } from '../../support/providers/embeddings-format.ts';
import { responsesFormat } from '../../support/providers/responses-format.ts';
import type { RefusalKind } from '../../support/providers/wire-server.ts';

const log = createSilentLog();
const MODEL = 'text-embedding-3-large';
const VECTOR = vectorOf('a text', 3072);
const openai: ProviderBench = {
  format: responsesFormat,
  model: MODEL,
  create: (url) => createOpenAiProvider({ apiKey: 'key-1', baseUrl: `${url}/v1`, log }),
};
const compatible: ProviderBench = {
  format: chatFormat,
  model: 'nomic-embed-text',
  create: (url) => createOpenAiCompatibleProvider({ baseUrl: `${url}/v1`, log }),
};

const vectorTool = (field: string) => ({
  name: 'return_structured_data',
  description: 'Gives the answer.',
  inputSchema: { type: 'object', properties: { [field]: { type: 'array', items: { type: 'number' } } } },
});
const asked: Partial<ModelRequest> = {
  tools: [vectorTool('vector')],
  messages: [{ role: 'user', content: 'a text' }],
  maxTokens: 0,
};

describe.each([
  ['OpenAI', openai],
  ['a compatible server', compatible],
])('an embedding model of %s', (_name, bench) => {
  const { ask, faultOf, requests } = createAsking(bench);

  it('is told the length of its vectors where the agent names one', async () => {
    await ask(vectorAnswer([0.5, 1]), { request: { ...asked, dimensions: 2 } });
    expect(requests()[0]?.body).toMatchObject({ dimensions: 2 });
  });

  it('is sent the text alone, and gives its vector as a call of the tool that takes it', async () => {
    const response = await ask(vectorAnswer(VECTOR, 7), { request: asked });
    expect(requests().map(({ path, body }) => [path, body])).toEqual([
      ['/v1/embeddings', { model: bench.model, input: 'a text', encoding_format: 'float' }],
    ]);
    expect(response).toMatchObject({
      content: [{ type: 'tool_use', name: 'return_structured_data', input: { vector: VECTOR } }],
      stopReason: 'tool_use',
      usage: { inputTokens: 7, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 },
      model: bench.model,
      requestId: 'req_test_1',
    });
  });

  it.each<[RefusalKind, object]>([
    ['key', { code: 'model_key_refused', retryable: false }],
    ['rate', { code: 'model_rate_limited', retryable: true }],
    ['too-long', { code: 'context_too_long', retryable: false }],
    ['server', { code: 'model_server_error', retryable: true }],
  ])('that refuses as "%s" fails as any other', async (kind, expected) => {
    expect(await faultOf({ fault: 'refused', kind }, { request: asked })).toMatchObject(expected);
  });

  it.each([
    ['no vector', { data: [], usage: { prompt_tokens: 1 } }],
    ['an empty one', { data: [{ embedding: [] }], usage: { prompt_tokens: 1 } }],
    ['one in base64', { data: [{ embedding: 'AAAA' }], usage: { prompt_tokens: 1 } }],
  ])('that gives %s has given an answer that can not be used', async (_what, body) => {
    const fault = await faultOf({ fault: 'status', status: 200, body: JSON.stringify(body) }, { request: asked });
    expect(fault).toMatchObject({ code: 'model_response_invalid', outcomeUnknown: true });
  });

  it('is asked for nothing when no tool takes a vector', async () => {
    const request = { ...asked, tools: [{ ...vectorTool('vector'), inputSchema: { type: 'object' } }] };
    expect(await faultOf(vectorAnswer(VECTOR), { request })).toMatchObject({ code: 'model_request_invalid' });
    expect(requests()).toEqual([]);
  });
});

describe('usage of an embedding model', () => {
  const body = JSON.stringify({ data: [{ embedding: [1, 2] }] });

  it('is wanted from OpenAI, since it is what is paid', async () => {
    const { faultOf } = createAsking(openai);
    const fault = await faultOf({ fault: 'status', status: 200, body }, { request: asked });
    expect(fault).toMatchObject({ code: 'model_response_invalid', message: expect.stringContaining('usage') });
  });

  it('may be missing on a compatible server', async () => {
    const { ask } = createAsking(compatible);
    const response = await ask({ fault: 'status', status: 200, body }, { request: asked });
    expect(response.usage.inputTokens).toBe(0);
  });
});

describe("OpenAI's Batch API for an embedding model", () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const part of opened.splice(0).toReversed()) await part.close();
  });
  const signal = new AbortController().signal;
  const request = (content: string): ModelRequest => ({
    ...{ model: MODEL, system: 'Embed.', maxTokens: 0, tools: [vectorTool('embedding')] },
    messages: [{ role: 'user', content }],
  });

  it('creates a job on the endpoint of embeddings, and reads a vector for each of its lines', async () => {
    const server = await startBatchServer({
      createFormat: openAiBatchFormat,
      polls: 0,
      respond: ({ messages }, id) => {
        const text = String(messages[0]?.content);
        if (id === 'sub1-row2') return { item: 'refused', kind: 'too-long', message: 'maximum context length' };
        return vectorAnswer(vectorOf(text, 3));
      },
    });
    const api = createOpenAiBatchApi({ apiKey: 'key-1', baseUrl: `${server.url}/v1`, log });
    opened.push(server, api);
    const texts = ['one', 'two\nlines', 'three'];
    const requests = texts.map((text, row) => api.encode(request(text), `sub1-row${row}`));
    expect(requests.every((line) => !line.includes('\n'))).toBe(true);
    const { jobId } = await api.submit({
      ...{ submissionId: 'sub1', model: MODEL, requests, signal },
      beforeCreate: async () => undefined,
    });
    const created = server.calls.find(({ route }) => route === 'create');
    expect(JSON.parse(String(created?.body))).toMatchObject({ endpoint: '/v1/embeddings' });
    const found = new Map<string, BatchOutcome>();
    for await (const { id, outcome } of api.results(jobId, { model: MODEL, tools: request('').tools, signal })) {
      found.set(id, outcome);
    }
    expect(found.size).toBe(3);
    expect(found.get('sub1-row1')).toMatchObject({
      kind: 'answered',
      response: {
        content: [{ type: 'tool_use', input: { embedding: vectorOf('two\nlines', 3) } }],
        stopReason: 'tool_use',
        usage: { inputTokens: 5, outputTokens: 0 },
      },
    });
    expect(found.get('sub1-row2')).toMatchObject({ kind: 'error', error: { code: 'context_too_long' } });
  });
});
