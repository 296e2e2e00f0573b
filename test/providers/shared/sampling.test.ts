import { describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { createBedrockProvider } from '../../../src/providers/bedrock/bedrock-provider.ts';
import { createGeminiProvider } from '../../../src/providers/gemini/gemini-provider.ts';
import { createOpenAiProvider } from '../../../src/providers/openai/openai-provider.ts';
import { createOpenAiCompatibleProvider } from '../../../src/providers/openai-compatible/compatible-provider.ts';
import { HELLO, type ProviderBench } from '../../contracts/provider.ts';
import { bedrockFormat } from '../../support/providers/bedrock-format.ts';
import { chatFormat } from '../../support/providers/chat-format.ts';
import { geminiFormat } from '../../support/providers/gemini-format.ts';
import { responsesFormat } from '../../support/providers/responses-format.ts';
import { startWireServer } from '../../support/providers/wire-server.ts';

const log = createSilentLog();
const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
const openai: Omit<ProviderBench, 'model'> = {
  format: responsesFormat,
  create: (url) => createOpenAiProvider({ apiKey: 'k', baseUrl: `${url}/v1`, log }),
};
const bedrock: Omit<ProviderBench, 'model'> = {
  format: bedrockFormat,
  create: (endpoint) => createBedrockProvider({ region: 'us-east-1', endpoint, credentials, log }),
};

describe('sampling', () => {
  it.each<[string, Omit<ProviderBench, 'model'>, object]>([
    ['gpt-4o-mini', openai, { temperature: 0.5, top_p: 0.9 }],
    ['gpt-5.1', openai, {}],
    ['o3', openai, {}],
    [
      'llama-4',
      { format: chatFormat, create: (url) => createOpenAiCompatibleProvider({ baseUrl: `${url}/v1`, log }) },
      { temperature: 0.5, top_p: 0.9 },
    ],
    [
      'gemini-3-flash',
      { format: geminiFormat, create: (baseUrl) => createGeminiProvider({ apiKey: 'k', baseUrl, log }) },
      { temperature: 0.5, topP: 0.9 },
    ],
    ['amazon.nova-lite-v1:0', bedrock, { temperature: 0.5, topP: 0.9 }],
    ['us.amazon.nova-lite-v1:0', bedrock, { temperature: 0.5, topP: 0.9 }],
    ['anthropic.claude-3-haiku-20240307-v1:0', bedrock, { temperature: 0.5, topP: 0.9 }],
    ['anthropic.claude-sonnet-4-20250514-v1:0', bedrock, { temperature: 0.5, topP: 0.9 }],
    ['us.anthropic.claude-haiku-4-5-20251001-v1:0', bedrock, { temperature: 0.5 }],
    ['anthropic.claude-opus-4-6-v1', bedrock, {}],
    ['anthropic.claude-haiku-5-5-20261001-v1:0', bedrock, {}],
  ])('of %s is what the model takes', async (model, bench, expected) => {
    const server = await startWireServer({ format: bench.format, respond: () => HELLO });
    const provider = bench.create(server.url);
    const request = {
      model,
      system: '',
      messages: [{ role: 'user' as const, content: 'Hello' }],
      tools: [],
      maxTokens: 50,
      sampling: { temperature: 0.5, topP: 0.9 },
    };
    await provider.respond(request, { signal: new AbortController().signal });
    const { body = {} } = server.requests[0] ?? {};
    const place = (body['inferenceConfig'] ?? body['generationConfig'] ?? body) as Record<string, unknown>;
    const sent = Object.entries(place).filter(([name]) => ['temperature', 'top_p', 'topP'].includes(name));
    expect(Object.fromEntries(sent)).toEqual(expected);
    await provider.close();
    await server.close();
  });
});
