import { afterEach, describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import type { ModelRequest } from '../../../src/protocol/messages.ts';
import { createAnthropicBatchApi } from '../../../src/providers/anthropic/anthropic-batch.ts';
import { createAnthropicProvider } from '../../../src/providers/anthropic/anthropic-provider.ts';
import { createBedrockBatchApi } from '../../../src/providers/bedrock/bedrock-batch.ts';
import { createBedrockProvider } from '../../../src/providers/bedrock/bedrock-provider.ts';
import { createGeminiProvider } from '../../../src/providers/gemini/gemini-provider.ts';
import { createOpenAiProvider } from '../../../src/providers/openai/openai-provider.ts';
import { createOpenAiCompatibleProvider } from '../../../src/providers/openai-compatible/compatible-provider.ts';
import { createAsking, type ProviderBench, WAYS } from '../../contracts/provider.ts';
import type { WireAnswer, WireRequest } from '../../support/messages-wire.ts';
import { anthropicBatchFormat } from '../../support/providers/batch-anthropic.ts';
import { bedrockBatchFormat } from '../../support/providers/batch-bedrock.ts';
import { type BatchServerOptions, startBatchServer } from '../../support/providers/batch-server.ts';
import { bedrockFormat } from '../../support/providers/bedrock-format.ts';
import { chatFormat } from '../../support/providers/chat-format.ts';
import { geminiFormat } from '../../support/providers/gemini-format.ts';
import { messagesFormat } from '../../support/providers/messages-format.ts';
import { responsesFormat } from '../../support/providers/responses-format.ts';
import { startTestS3 } from '../../support/s3.ts';

const log = createSilentLog();
const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
type Bench = Omit<ProviderBench, 'model'>;
const anthropic: Bench = {
  format: messagesFormat,
  create: (baseUrl) => createAnthropicProvider({ apiKey: 'k', baseUrl, log }),
};
const bedrock: Bench = {
  format: bedrockFormat,
  create: (endpoint) => createBedrockProvider({ region: 'us-east-1', endpoint, credentials, log }),
};
const others: { [name: string]: Bench } = {
  openai: {
    format: responsesFormat,
    create: (url) => createOpenAiProvider({ apiKey: 'k', baseUrl: `${url}/v1`, log }),
  },
  compatible: {
    format: chatFormat,
    create: (url) => createOpenAiCompatibleProvider({ baseUrl: `${url}/v1`, log }),
  },
  gemini: {
    format: geminiFormat,
    create: (baseUrl) => createGeminiProvider({ apiKey: 'k', baseUrl, log }),
  },
};

const wanted: Partial<ModelRequest> = { tools: [], prefill: '{' };
const says = (...words: string[]): WireAnswer => ({ content: words.map((text) => ({ type: 'text', text })) });

/** What an answer was begun with, as the wire has it. */
function begunWith({ messages }: WireRequest): unknown {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return undefined;
  return typeof last.content === 'string' ? last.content : last.content[0]?.['text'];
}

/** Goes on with what was begun, and begins by itself where nothing was. */
const honest = (request: WireRequest): WireAnswer => {
  const begun = begunWith(request);
  if (begun !== undefined && begun !== '{') throw new Error(`the answer is begun with ${JSON.stringify(begun)}`);
  return says(begun === undefined ? '{"a": 1}' : '"a": 1}');
};

describe.each<[string, Bench, string, boolean]>([
  ...[
    'claude-3-haiku-20240307',
    'claude-3-7-sonnet-20250219',
    'claude-opus-4-0',
    'claude-sonnet-4-20250514',
    'claude-opus-4-1-20250805',
    'claude-haiku-4-5',
    'claude-sonnet-4-5-20250929',
  ].map((model): [string, Bench, string, boolean] => ['Anthropic', anthropic, model, true]),
  ...['claude-opus-4-6', 'claude-sonnet-4-10', 'claude-haiku-5-5', 'claude-fable-5-1'].map(
    (model): [string, Bench, string, boolean] => ['Anthropic', anthropic, model, false],
  ),
  ['Bedrock', bedrock, 'anthropic.claude-v2:1', true],
  ['Bedrock', bedrock, 'anthropic.claude-3-5-sonnet-20241022-v2:0', true],
  ['Bedrock', bedrock, 'us.anthropic.claude-haiku-4-5-20251001-v1:0', true],
  ['Bedrock', bedrock, 'anthropic.claude-opus-4-6-v1', false],
  ['Bedrock', bedrock, 'global.anthropic.claude-haiku-5-5-20261001-v1:0', false],
  ['Bedrock', bedrock, 'amazon.nova-lite-v1:0', false],
  ...Object.entries(others).map(([name, bench]): [string, Bench, string, boolean] => [name, bench, 'claude-3', false]),
])("on %s's wire", (_name, bench, model, takes) => {
  const { ask, open } = createAsking({ ...bench, model });

  it.each(WAYS)(`an answer of ${model} is begun: ${takes}; %s`, async (_way, way) => {
    let begun: unknown;
    const respond = (request: WireRequest) => {
      begun = begunWith(request);
      return honest(request);
    };
    const response = await ask(respond, { request: wanted, ...way() });
    expect(begun).toBe(takes ? '{' : undefined);
    expect(response.content).toEqual([{ type: 'text', text: '{"a": 1}' }]);
  });

  it(`nothing is begun for ${model} unless it is wished for`, async () => {
    const { server, provider } = await open(({ messages }) => {
      expect(messages.at(-1)?.role).toBe('user');
      return says('"a": 1}');
    });
    const request: ModelRequest = {
      model,
      system: '',
      messages: [{ role: 'user', content: 'x' }],
      tools: [],
      maxTokens: 9,
    };
    const response = await provider.respond(request, { signal: new AbortController().signal });
    expect(response.content).toEqual([{ type: 'text', text: '"a": 1}' }]);
    expect(server.requests).toHaveLength(1);
  });
});

describe('the beginning of an answer', () => {
  const { ask } = createAsking({ ...anthropic, model: 'claude-haiku-4-5' });

  it('goes before the first text, wherever that stands, and before no other', async () => {
    const thinking = { type: 'thinking', thinking: 'So.', signature: 'c2ln' };
    const { content } = await ask({ content: [thinking, ...says('"a": ', '1}').content] }, { request: wanted });
    expect(content.slice(1)).toEqual([
      { type: 'text', text: '{"a": ' },
      { type: 'text', text: '1}' },
    ]);
    expect(content[0]).toEqual({ type: 'opaque', provider: 'anthropic', value: thinking });
  });

  it('is not doubled where it comes back, and added to nothing where no text does', async () => {
    expect((await ask(says('\n{"a": 1}'), { request: wanted })).content).toEqual([
      { type: 'text', text: '\n{"a": 1}' },
    ]);
    expect((await ask({ content: [] }, { request: wanted })).content).toEqual([]);
  });
});

describe('a line of a job', () => {
  const opened: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    for (const part of opened.splice(0).toReversed()) await part.close();
  });
  const signal = new AbortController().signal;

  async function open(name: string, respond: BatchServerOptions['respond']) {
    if (name === 'anthropic') {
      const server = await startBatchServer({ createFormat: anthropicBatchFormat, polls: 0, respond });
      opened.push(server);
      return createAnthropicBatchApi({ apiKey: 'k', baseUrl: server.url });
    }
    const s3 = await startTestS3();
    const server = await startBatchServer({ createFormat: (jobs) => bedrockBatchFormat(jobs, s3), polls: 0, respond });
    opened.push(s3, server);
    return createBedrockBatchApi({
      ...{ roleArn: 'arn:aws:iam::123456789012:role/batch', region: 'us-east-1', endpoint: server.url },
      ...{ inputUri: `s3://${s3.bucket}/in`, outputUri: `s3://${s3.bucket}/out`, limits: { minRequests: 1 } },
      ...{ credentials: { accessKeyId: 'AKTEST', secretAccessKey: 'SKTEST' }, s3Endpoint: String(s3.options.endpoint) },
    });
  }

  it.each([
    ['anthropic', 'claude-haiku-4-5', '{'],
    ['anthropic', 'claude-haiku-5-5', undefined],
    ['bedrock', 'us.anthropic.claude-haiku-4-5-20251001-v1:0', '{'],
    ['bedrock', 'us.anthropic.claude-haiku-5-5-v1:0', undefined],
  ])('of %s for %s is begun with %s, and its answer is whole', async (name, model, expected) => {
    const begun: unknown[] = [];
    const api = await open(name, (request) => {
      begun.push(begunWith(request));
      return honest(request);
    });
    opened.push(api);
    const requests = ['one', 'two'].map((content, row) =>
      api.encode(
        {
          ...{ model, system: 'Be brief.', tools: [], maxTokens: 50, prefill: '{' },
          messages: [{ role: 'user', content }],
        },
        `sub1-row${row}`,
      ),
    );
    const { jobId } = await api.submit({
      ...{ submissionId: 'sub1', model, requests, signal },
      beforeCreate: async () => undefined,
    });
    const texts: unknown[] = [];
    for await (const { outcome } of api.results(jobId, { model, tools: [], prefill: '{', signal })) {
      texts.push(outcome.kind === 'answered' ? outcome.response.content : outcome);
    }
    expect(begun).toEqual([expected, expected]);
    expect(texts).toEqual(Array(2).fill([{ type: 'text', text: '{"a": 1}' }]));
  });
});
