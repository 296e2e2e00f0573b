import { expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import type { ModelRequest } from '../../../src/protocol/messages.ts';
import { isEmbeddingModel } from '../../../src/providers/catalog.ts';
import { createGeminiProvider } from '../../../src/providers/gemini/gemini-provider.ts';
import { createPriceTable } from '../../../src/providers/prices/prices.ts';
import { createAsking, type ProviderBench } from '../../contracts/provider.ts';
import { vectorAnswer } from '../../support/providers/embeddings-format.ts';
import { geminiFormat } from '../../support/providers/gemini-format.ts';

const MODEL = 'gemini-embedding-001';
const bench: ProviderBench = {
  format: geminiFormat,
  model: MODEL,
  create: (url) => createGeminiProvider({ apiKey: 'key-1', baseUrl: url, log: createSilentLog() }),
};
const { ask, faultOf, requests } = createAsking(bench);

const VECTOR = [-0.022374554, 0.012345678901234568, 3];
const schema = { type: 'object', properties: { vector: { type: 'array', items: { type: 'number' } } } };
const asked: Partial<ModelRequest> = {
  tools: [{ name: 'return_structured_data', description: 'Gives the answer.', inputSchema: schema }],
  messages: [{ role: 'user', content: 'a text' }],
  maxTokens: 0,
};

it('gives the vector of a text, with the tokens that were counted before', async () => {
  const response = await ask(vectorAnswer(VECTOR, 7), { request: asked });
  expect(requests().map(({ path }) => path.replace(/^\/v1(beta)?/, ''))).toEqual([
    `/models/${MODEL}:countTokens`,
    `/models/${MODEL}:batchEmbedContents`,
  ]);
  expect(response).toMatchObject({
    content: [{ type: 'tool_use', name: 'return_structured_data', input: { vector: VECTOR } }],
    stopReason: 'tool_use',
    usage: { inputTokens: 7, outputTokens: 0 },
  });
});

it('is told the length of the vector where the agent names one', async () => {
  await ask(vectorAnswer([1, 2]), { request: { ...asked, dimensions: 2 } });
  expect(requests()[1]?.body['requests']).toMatchObject([
    { content: { parts: [{ text: 'a text' }] }, outputDimensionality: 2 },
  ]);
});

it('sends nothing to be paid for when the count is refused, or no tool takes the vector', async () => {
  expect(await faultOf({ fault: 'refused', kind: 'rate' }, { request: asked })).toMatchObject({
    code: 'model_rate_limited',
  });
  expect(requests()).toHaveLength(1);
  expect(await faultOf(vectorAnswer(VECTOR), { request: { ...asked, tools: [] } })).toMatchObject({
    code: 'model_request_invalid',
  });
  expect(requests()).toHaveLength(0);
});

it('is known as an embedding model with its price', () => {
  expect(isEmbeddingModel({ provider: 'gemini', model: MODEL })).toBe(true);
  const usage = { inputTokens: 1000, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  expect(createPriceTable().priceOf('gemini', MODEL, usage)).toBe(150);
});
