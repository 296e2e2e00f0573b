import * as z from 'zod';
import { describeProvider } from '../descriptor.ts';
import { HALF } from '../prices/model-prices.ts';
import { openAiMedia } from './openai-media.ts';
import { EMBEDDINGS, FIXED_DIMENSIONS } from './openai-models.ts';
import { toStrictFormOnce } from './openai-schema.ts';

/** OpenAI's Responses API, Embeddings and Batch API. */
export const openai = describeProvider({
  name: 'openai',
  models: /^(gpt-|chatgpt-|o\d|codex-|text-embedding-)/,
  defaultModel: 'gpt-5.4-mini',
  embeddings: EMBEDDINGS,
  fixedDimensions: FIXED_DIMENSIONS,
  media: openAiMedia,
  takesFormat: (model, schema) => !EMBEDDINGS.test(model) && toStrictFormOnce(schema) !== undefined,
  environment: {
    OPENAI_API_KEY: z.string().min(1).optional(),
    OPENAI_BASE_URL: z.url({ error: 'must be a URL such as https://api.openai.com/v1' }).optional(),
  },
  keyVariable: 'OPENAI_API_KEY',
  // The Batch API's price: half, cached input too.
  prices: { source: { table: 'openai' }, batch: { share: HALF } },
  sdks: [],
  async open(_model, { environment, proxy, log }) {
    const { createOpenAiProvider } = await import('./openai-provider.ts');
    const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl } = environment;
    return createOpenAiProvider({ apiKey, baseUrl, proxy, log });
  },
  async openBatch(_model, { environment: { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: baseUrl }, log }) {
    if (apiKey === undefined) return 'OPENAI_API_KEY is not set';
    const { createOpenAiBatchApi } = await import('./openai-batch.ts');
    return createOpenAiBatchApi({ apiKey, baseUrl, log });
  },
});
