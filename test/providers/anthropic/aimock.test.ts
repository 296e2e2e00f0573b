import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import type { AssistantBlock, ModelRequest } from '../../../src/protocol/messages.ts';
import { createAnthropicProvider } from '../../../src/providers/anthropic/anthropic-provider.ts';
import { createBedrockProvider } from '../../../src/providers/bedrock/bedrock-provider.ts';
import { createGeminiProvider } from '../../../src/providers/gemini/gemini-provider.ts';
import { createOpenAiProvider } from '../../../src/providers/openai/openai-provider.ts';
import { createOpenAiCompatibleProvider } from '../../../src/providers/openai-compatible/compatible-provider.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import { requestOf, WAYS } from '../../contracts/provider.ts';

/**
 * The providers against a mock that others wrote, of the same wire formats: where our own test servers had misread a
 * format, and our providers with them, this is where it would show.
 */
const mock = new LLMock({ port: 0, strict: false });
const log = createSilentLog();
const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' };
/** It knows Gemini under `/v1beta`; the SDK calls `/v1`, which serves the same. */
const asBeta: typeof fetch = (input, init) => fetch(String(input).replace('/v1/models/', '/v1beta/models/'), init);

const PROVIDERS: [string, string, (url: string) => Provider][] = [
  ['Anthropic', 'claude-haiku-5-5', (baseUrl) => createAnthropicProvider({ apiKey: 'key', baseUrl, log })],
  ['OpenAI', 'gpt-5.1', (url) => createOpenAiProvider({ apiKey: 'key', baseUrl: `${url}/v1`, log })],
  ['a compatible server', 'llama-4', (url) => createOpenAiCompatibleProvider({ baseUrl: `${url}/v1`, log })],
  ['Gemini', 'gemini-3-flash', (baseUrl) => createGeminiProvider({ apiKey: 'key', baseUrl, log, fetch: asBeta })],
  [
    'Bedrock',
    'amazon.nova-lite-v1:0',
    (endpoint) => createBedrockProvider({ region: 'us-east-1', endpoint, credentials, log }),
  ],
];

beforeAll(async () => {
  const look = { name: 'look', arguments: '{"q":"a \\"quoted\\" – value"}' };
  const tell = { name: 'tell', arguments: '{"it":"two"}' };
  mock.on({ hasToolResult: true }, { content: 'It is done.' });
  const usage = {
    prompt_tokens: 11,
    completion_tokens: 7,
    input_tokens: 11,
    output_tokens: 7,
    promptTokenCount: 11,
    candidatesTokenCount: 7,
    totalTokenCount: 18,
  };
  mock.onMessage('greet', { content: 'Good day to you, whoever you are.', usage });
  mock.onMessage('use tools', { toolCalls: [look, tell] });
  mock.onMessage('too many', { error: { message: 'Slow down.', type: 'rate_limit_error' }, status: 429 });
  await mock.start();
});
afterAll(() => mock.stop());

const say = (content: string): Pick<ModelRequest, 'messages'> => ({ messages: [{ role: 'user', content }] });
const { signal } = new AbortController();

describe.each(PROVIDERS)('%s against aimock', (_name, model, create) => {
  describe.each(WAYS)('%s', (_way, way) => {
    it('answers with text and tells usage', async () => {
      const provider = create(mock.url);
      const response = await provider.respond(requestOf(model, say('greet me')), { signal, ...way() });
      const words = response.content.filter(({ type }) => type === 'text');
      expect(words).toEqual([{ type: 'text', text: 'Good day to you, whoever you are.' }]);
      expect(response.stopReason).toBe('end_turn');
      expect(response.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 });
      await provider.close();
    });

    it('calls tools and takes their results', async () => {
      const provider = create(mock.url);
      const request = requestOf(model, say('use tools'));
      const first = await provider.respond(request, { signal, ...way() });
      expect(first.stopReason).toBe('tool_use');
      const content = first.content.map(
        (block, index): AssistantBlock =>
          block.type === 'tool_use' && block.id === '' ? { ...block, id: `call_0_${index}` } : block,
      );
      const calls = content.filter((block) => block.type === 'tool_use');
      expect(calls.map(({ name, input }) => ({ name, input }))).toEqual([
        { name: 'look', input: { q: 'a "quoted" – value' } },
        { name: 'tell', input: { it: 'two' } },
      ]);
      const results = calls.map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: 'seen' }));
      const messages: ModelRequest['messages'] = [
        ...request.messages,
        { role: 'assistant', content },
        { role: 'user', content: results },
      ];
      const second = await provider.respond({ ...request, messages }, { signal, ...way() });
      expect(second.content).toMatchObject([{ type: 'text', text: 'It is done.' }]);
      await provider.close();
    });

    it('is refused for a rate limit', async () => {
      const provider = create(mock.url);
      const refused = provider.respond(requestOf(model, say('too many')), { signal, ...way() });
      await expect(refused).rejects.toMatchObject({ code: 'model_rate_limited', retryable: true });
      await provider.close();
    });
  });
});
