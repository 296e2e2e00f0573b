import { describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import type { AssistantBlock } from '../../../src/protocol/messages.ts';
import { createInferenceProfiles } from '../../../src/providers/bedrock/bedrock-profiles.ts';
import { createBedrockProvider } from '../../../src/providers/bedrock/bedrock-provider.ts';
import { outputLimitOf } from '../../../src/providers/bedrock/output-limits.ts';
import { testNativeAnswers } from '../../contracts/native-answers.ts';
import { createAsking, HELLO, type ProviderBench, requestOf, testProvider, WAYS } from '../../contracts/provider.ts';
import type { WireBlock } from '../../support/messages-wire.ts';
import { bedrockFormat } from '../../support/providers/bedrock-format.ts';

const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
const NOVA = 'amazon.nova-lite-v1:0';
const CLAUDE = 'anthropic.claude-haiku-5-5-20261001-v1:0';
const bench: ProviderBench = {
  format: bedrockFormat,
  model: NOVA,
  formatModel: CLAUDE,
  lacksSpendLimit: true,
  create: (url) => createBedrockProvider({ region: 'eu-west-1', endpoint: url, credentials, log: createSilentLog() }),
};

testProvider('Bedrock', bench);
testNativeAnswers('Bedrock', bench);

const { ask, open, faultOf, requests } = createAsking(bench);
const signal = new AbortController().signal;
const NOT_ON_DEMAND = `Invocation of model ID ${CLAUDE} with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`;

describe('a request to Bedrock', () => {
  it('is signed for its region, and has nothing that the model may not know', async () => {
    await ask(HELLO);
    expect(requests()[0]?.path).toBe('/model/amazon.nova-lite-v1%3A0/converse');
    expect(requests()[0]?.headers['authorization']).toContain('/eu-west-1/bedrock/aws4_request');
    expect(requests()[0]?.body).toEqual({
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
      system: [{ text: 'Be brief.' }],
      inferenceConfig: { maxTokens: 100 },
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: 'look',
              description: 'Looks.',
              inputSchema: {
                json: {
                  type: 'object',
                  properties: { q: { type: 'string' }, deep: { type: 'object' } },
                  required: ['q'],
                },
              },
            },
          },
          {
            toolSpec: {
              name: 'tell',
              description: 'Tells.',
              inputSchema: { json: { type: 'object', properties: { it: { type: 'string' } } } },
            },
          },
        ],
      },
    });
  });

  it('to a Claude of today caches the system prompt, and makes tools strict until they are refused', async () => {
    const isStrict: unknown[] = [];
    const { provider } = await open((_request, { body }) => {
      const { tools } = body['toolConfig'] as { tools: { toolSpec: { strict?: boolean } }[] };
      isStrict.push(tools[1]?.toolSpec.strict);
      return isStrict.at(-1)
        ? { fault: 'refused', kind: 'invalid', message: 'tools.1.custom.strict: Extra inputs are not permitted' }
        : HELLO;
    });
    const system = 'Be brief. '.repeat(1000);
    const request = requestOf(CLAUDE, { system });
    await expect(provider.respond(request, { signal })).rejects.toMatchObject({ retryable: true });
    await provider.respond(request, { signal });
    expect(isStrict).toEqual([true, undefined]);
    expect(requests()[0]?.body['system']).toEqual([{ text: system }, { cachePoint: { type: 'default' } }]);
  });

  it('without credentials names the variables', async () => {
    const missing = async () => {
      const { CredentialsProviderError } = await import('@smithy/core/config');
      throw new CredentialsProviderError('Could not load credentials from any providers');
    };
    const provider = createBedrockProvider({
      region: 'eu-west-1',
      endpoint: 'http://127.0.0.1:1',
      credentials: missing as never,
      log: createSilentLog(),
    });
    await expect(provider.respond(requestOf(NOVA), { signal })).rejects.toMatchObject({
      code: 'model_key_refused',
      message: expect.stringContaining('AWS_ACCESS_KEY_ID'),
    });
    await provider.close();
  });
});

describe.each(WAYS)('an answer of Bedrock, %s', (_way, way) => {
  it('keeps reasoning in its place, bytes too, through the journal', async () => {
    const content: WireBlock[] = [
      { type: 'other', reasoningContent: { reasoningText: { text: 'I have to look.', signature: 'c2ln' } } },
      { type: 'other', reasoningContent: { redactedContent: Buffer.from([0, 255, 7]).toString('base64') } },
      { type: 'tool_use', id: 'tooluse_1', name: 'look', input: { q: '1' } },
    ];
    const { provider } = await open(({ messages }) => (messages.length > 1 ? HELLO : { content }));
    const request = requestOf(NOVA);
    const first = await provider.respond(request, { signal, ...way() });
    const stored = JSON.parse(JSON.stringify(first.content)) as AssistantBlock[];
    const messages = [
      ...request.messages,
      { role: 'assistant' as const, content: stored },
      {
        role: 'user' as const,
        content: [{ type: 'tool_result' as const, tool_use_id: 'tooluse_1', content: 'no', is_error: true }],
      },
    ];
    await provider.respond({ ...request, messages }, { signal, ...way() });
    const { type: _type, ...thought } = content[0] ?? { type: '' };
    const { type: _other, ...redacted } = content[1] ?? { type: '' };
    expect((requests()[1]?.body['messages'] as unknown[] | undefined)?.slice(1)).toEqual([
      {
        role: 'assistant',
        content: [thought, redacted, { toolUse: { toolUseId: 'tooluse_1', name: 'look', input: { q: '1' } } }],
      },
      {
        role: 'user',
        content: [{ toolResult: { toolUseId: 'tooluse_1', content: [{ text: 'no' }], status: 'error' } }],
      },
    ]);
  });

  it.each([
    ['guardrail_intervened', 'refusal'],
    ['content_filtered', 'refusal'],
    ['malformed_tool_use', 'end_turn'],
    ['model_context_window_exceeded', 'model_context_window_exceeded'],
    ['stop_sequence', 'stop_sequence'],
  ])('that ends with %s is %s', async (reason, expected) => {
    expect((await ask({ content: [], stop_reason: reason }, way())).stopReason).toBe(expected);
  });

  it('tells a quota of the day from one of the minute', async () => {
    const message = 'Too many tokens per day, please wait before trying again.';
    expect(await faultOf({ fault: 'refused', kind: 'rate', message }, way())).toMatchObject({
      code: 'model_spend_limit',
      retryable: false,
    });
  });
});

describe('a model that is not called on demand', () => {
  it('is called through the profile of its part of the world from then on, and priced by its name', async () => {
    const { provider, server } = await open(({ model }) =>
      model === CLAUDE ? { fault: 'refused', kind: 'invalid', message: NOT_ON_DEMAND } : HELLO,
    );
    const request = requestOf(CLAUDE);
    expect(provider.route?.(request)).toBe(request);
    await expect(provider.respond(request, { signal })).rejects.toMatchObject({ retryable: true });
    const routed = provider.route?.(request);
    expect(routed?.model).toBe(`eu.${CLAUDE}`);
    expect(routed && provider.route?.(routed)).toBe(routed);
    expect((await provider.respond(routed ?? request, { signal })).model).toBe(`eu.${CLAUDE}`);
    await provider.respond(request, { signal });
    const models = server.requests.map(({ path }) => decodeURIComponent(path.split('/')[2] ?? ''));
    expect(models).toEqual([CLAUDE, `eu.${CLAUDE}`, `eu.${CLAUDE}`]);
  });

  it('is called through the global profile where its part of the world has none', async () => {
    const { provider, server } = await open(({ model }) => {
      if (model.startsWith('global.')) return HELLO;
      const message = model === CLAUDE ? NOT_ON_DEMAND : 'The provided model identifier is invalid.';
      return { fault: 'refused', kind: 'invalid', message };
    });
    const request = requestOf(CLAUDE);
    for (const _try of [1, 2]) {
      await expect(provider.respond(request, { signal })).rejects.toMatchObject({ retryable: true });
    }
    expect((await provider.respond(request, { signal })).model).toBe(`global.${CLAUDE}`);
    expect(server.requests).toHaveLength(3);
  });

  it('is a fault when no profile serves it either', async () => {
    const { provider } = await open({ fault: 'refused', kind: 'invalid', message: NOT_ON_DEMAND });
    const request = requestOf(CLAUDE);
    const faults: unknown[] = [];
    for (const _try of [1, 2, 3, 4]) await provider.respond(request, { signal }).catch((fault) => faults.push(fault));
    expect(faults.map((fault) => (fault as { retryable: boolean }).retryable)).toEqual([true, true, false, false]);
  });

  it('is unknown, which pauses a batch, when no profile serves it', async () => {
    const { provider } = await open({ fault: 'refused', kind: 'invalid', message: NOT_ON_DEMAND });
    const request = requestOf(`global.${CLAUDE}`);
    await expect(provider.respond(request, { signal })).rejects.toMatchObject({ code: 'model_unknown' });
  });

  it('is called by the profile that the agent names', async () => {
    const profile = 'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.x';
    const { server } = await open(HELLO);
    const provider = createBedrockProvider({
      region: 'eu-west-1',
      endpoint: server.url,
      credentials,
      inferenceProfile: { model: CLAUDE, profile },
      log: createSilentLog(),
    });
    expect((await provider.respond(requestOf(CLAUDE), { signal })).model).toBe(CLAUDE);
    expect(decodeURIComponent(server.requests[0]?.path ?? '')).toBe(`/model/${profile}/converse`);
    await provider.close();
  });
});

describe('a model that writes fewer tokens than asked for', () => {
  it('is asked for as many as its refusal names from then on', async () => {
    const message =
      'The maximum tokens you requested exceeds the model limit of 40. Try again with a maximum tokens value that is lower than 40.';
    const { provider, server } = await open(({ max_tokens: most }) =>
      most > 40 ? { fault: 'refused', kind: 'invalid', message } : HELLO,
    );
    const request = { ...requestOf(CLAUDE), maxTokens: 100 };
    await expect(provider.respond(request, { signal })).rejects.toMatchObject({ retryable: true });
    await provider.respond(request, { signal });
    expect(provider.route?.(request).maxTokens).toBe(40);
    await provider.respond({ ...request, maxTokens: 30 }, { signal });
    const asked = server.requests.map(({ body }) => JSON.stringify(body).match(/"maxTokens":(\d+)/)?.[1]);
    expect(asked).toEqual(['100', '40', '30']);
  });

  it.each([
    ['us.anthropic.claude-3-haiku-20240307-v1:0', 4096],
    ['anthropic.claude-3-5-sonnet-20241022-v2:0', 8192],
    ['anthropic.claude-opus-4-20250514-v1:0', 32_000],
    ['anthropic.claude-opus-4-1-20250805-v1:0', 32_000],
    ['amazon.nova-lite-v1:0', 10_000],
    ['anthropic.claude-haiku-5-5-v1:0', undefined],
    ['anthropic.claude-opus-4-5-20251101-v1:0', undefined],
  ])('%s writes at most %s', (model, limit) => {
    expect(outputLimitOf(model)).toBe(limit);
  });
});

describe('names of inference profiles', () => {
  it.each([
    ['us-east-1', 'us'],
    ['us-gov-west-1', 'us-gov'],
    ['eu-central-1', 'eu'],
    ['ap-southeast-2', 'apac'],
  ])('begin in %s with %s', (region, part) => {
    const profiles = createInferenceProfiles(region);
    expect(profiles.refused(CLAUDE, CLAUDE)).toBe(true);
    expect(profiles.nameOf(CLAUDE)).toBe(`${part}.${CLAUDE}`);
  });

  it.each(['arn:aws:bedrock:us-east-1:1:provisioned-model/x', `us.${CLAUDE}`, `global.${CLAUDE}`])(
    'are not made of %s',
    (model) => {
      const profiles = createInferenceProfiles('us-east-1');
      expect(profiles.refused(model, model)).toBe(false);
      expect(profiles.nameOf(model)).toBe(model);
    },
  );

  it('advance once, however many calls found the same name refused', () => {
    const profiles = createInferenceProfiles('us-east-1');
    for (const _call of [1, 2, 3]) expect(profiles.refused(CLAUDE, CLAUDE)).toBe(true);
    expect(profiles.nameOf(CLAUDE)).toBe(`us.${CLAUDE}`);
  });
});
