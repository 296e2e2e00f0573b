import * as z from 'zod';
import { describeProvider } from '../descriptor.ts';
import { HALF } from '../prices/model-prices.ts';
import { geminiMedia } from './gemini-media.ts';
import { EMBEDDINGS } from './gemini-models.ts';
import { toFormatSchema } from './gemini-tools.ts';

const key = z.string().min(1).optional();

/** Google's Gemini API and its Batch API. */
export const gemini = describeProvider({
  name: 'gemini',
  traceName: 'gcp.gemini',
  models: /^gemini-/,
  defaultModel: 'gemini-3.1-flash-lite',
  embeddings: EMBEDDINGS,
  media: geminiMedia,
  takesFormat: (model, schema) => !EMBEDDINGS.test(model) && toFormatSchema(schema) !== undefined,
  environment: {
    GEMINI_API_KEY: key,
    GOOGLE_API_KEY: key,
    GOOGLE_GEMINI_BASE_URL: z
      .url({ error: 'must be a URL such as https://generativelanguage.googleapis.com' })
      .optional(),
  },
  keyVariable: 'GEMINI_API_KEY',
  // The Batch API's price: half. Tokens from its cache are reported to cost as much as in real time: not verified, and
  // the higher of the two readings.
  prices: {
    source: { table: 'gemini' },
    // Source: Gemini's price page.
    known: { 'gemini-embedding-001': { input: 0.15, output: 0, cacheWrite: 0.15, cacheRead: 0.15 } },
    batch: { share: { ...HALF, cacheRead: 1 } },
  },
  sdks: ['@google/genai'],
  async open(_model, { environment, proxy, log }) {
    const { createGeminiProvider } = await import('./gemini-provider.ts');
    return createGeminiProvider({ ...accountOf(environment), proxy, log });
  },
  async openBatch({ model }, { environment, log }) {
    if (EMBEDDINGS.test(model)) return `vectors of ${model} are made in real time only`;
    const account = accountOf(environment);
    if (account.apiKey === undefined) return 'GEMINI_API_KEY is not set';
    const { createGeminiBatchApi } = await import('./gemini-batch.ts');
    return createGeminiBatchApi({ ...account, log });
  },
});

function accountOf(environment: {
  GEMINI_API_KEY?: string | undefined;
  GOOGLE_API_KEY?: string | undefined;
  GOOGLE_GEMINI_BASE_URL?: string | undefined;
}): { apiKey: string | undefined; baseUrl: string | undefined } {
  const { GEMINI_API_KEY, GOOGLE_API_KEY, GOOGLE_GEMINI_BASE_URL: baseUrl } = environment;
  return { apiKey: GEMINI_API_KEY ?? GOOGLE_API_KEY, baseUrl };
}
