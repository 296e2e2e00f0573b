import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import type { ModelRequest } from '../../src/protocol/messages.ts';
import { createAnthropicProvider } from '../../src/providers/anthropic/anthropic-provider.ts';
import { createGeminiProvider } from '../../src/providers/gemini/gemini-provider.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const ANSWER = { type: 'object', properties: { topic: { type: 'string' } }, required: ['topic'] };
const REQUEST: ModelRequest = {
  model: 'm-1',
  system: 'Say the topic.',
  messages: [{ role: 'user', content: 'A question.' }],
  tools: [{ name: 'answer', description: 'Gives it.', inputSchema: { ...ANSWER, additionalProperties: false } }],
  maxTokens: 77,
  answer: { tool: 'answer', instruction: 'Call it.' },
};

/** A server that answers every request alike, and what it was sent. */
async function answering(body: object) {
  const received: { path: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    received.push({ path: request.url ?? '', body: await text(request) });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { received, options: { apiKey: 'test-key', baseUrl, log: createSilentLog() } };
}

const { signal } = new AbortController();

it('Anthropic counts what a call would send, without its settings', async () => {
  const { received, options } = await answering({ input_tokens: 41 });
  const provider = createAnthropicProvider(options);
  closing.unshift(() => provider.close());
  expect(await provider.countTokens?.(REQUEST, signal)).toBe(41);
  expect(received.map(({ path }) => path)).toEqual(['/v1/messages/count_tokens']);
  const sent = JSON.parse(received[0]?.body ?? '');
  expect(sent).toEqual({ model: 'm-1', ...provider.reads?.(REQUEST) });
  expect(sent.output_config.format.schema.properties).toEqual(ANSWER.properties);
});

it('Gemini counts the instructions and the schema as text beside the messages', async () => {
  const { received, options } = await answering({ totalTokens: 43 });
  const provider = createGeminiProvider(options);
  closing.unshift(() => provider.close());
  expect(await provider.countTokens?.(REQUEST, signal)).toBe(43);
  expect(received[0]?.path).toMatch(/\/models\/m-1:countTokens$/);
  for (const part of ['Say the topic.', 'A question.', '\\"topic\\"']) expect(received[0]?.body).toContain(part);
});

it('there is no count without a key, and none in an answer that has none', async () => {
  const { received, options } = await answering({ error: 'no such route' });
  for (const create of [createAnthropicProvider, createGeminiProvider]) {
    const [keyless, other] = [create({ ...options, apiKey: undefined }), create(options)];
    closing.unshift(
      () => keyless.close(),
      () => other.close(),
    );
    expect(await keyless.countTokens?.(REQUEST, signal)).toBeUndefined();
    expect(received).toHaveLength(0);
    expect(await other.countTokens?.(REQUEST, signal)).toBeUndefined();
    received.length = 0;
  }
});
