import * as z from 'zod';
import { describeProvider } from '../descriptor.ts';
import { HALF } from '../prices/model-prices.ts';
import { anthropicMedia } from './anthropic-media.ts';
import { toFormatSchema } from './anthropic-tools.ts';

/** Anthropic's Messages API and Message Batches. */
export const anthropic = describeProvider({
  name: 'anthropic',
  models: /^claude-/,
  defaultModel: 'claude-haiku-5-5',
  media: anthropicMedia,
  takesFormat: (_model, schema) => toFormatSchema(schema) !== undefined,
  environment: {
    ANTHROPIC_API_KEY: z.string().min(1).optional(),
    ANTHROPIC_BASE_URL: z.url({ error: 'must be a URL such as https://api.anthropic.com' }).optional(),
  },
  keyVariable: 'ANTHROPIC_API_KEY',
  prices: {
    source: { table: 'anthropic' },
    // Source: Anthropic's price page, 2026-11.
    known: {
      'claude-opus-5-5': { input: 4, output: 20, cacheWrite: 5, cacheRead: 0.2 },
      'claude-sonnet-5-5': { input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.1 },
      'claude-haiku-5-5': {
        input: 0.1,
        output: 0.5,
        cacheWrite: 0.125,
        cacheRead: 0.01,
        longPromptTokens: 100_000,
        longPrompt: { input: 0.5, output: 2.5, cacheWrite: 0.625, cacheRead: 0.05 },
      },
    },
    // Message Batches: half of everything, caching stacks; our requests cache for an hour, at twice the price of input.
    batch: { share: HALF, cacheWriteOfInput: 2 },
  },
  // Anthropic's documentation: newer tokenizers make up to 1.35 times as many tokens; its own prompt for tools has 346.
  tokens: { factor: 1.1, toolPrompt: 346 },
  sdks: [],
  async open(_model, { environment, proxy, log }) {
    const { createAnthropicProvider } = await import('./anthropic-provider.ts');
    const { ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: baseUrl } = environment;
    return createAnthropicProvider({ apiKey, baseUrl, proxy, log });
  },
  async openBatch(_model, { environment: { ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: baseUrl } }) {
    if (apiKey === undefined) return 'ANTHROPIC_API_KEY is not set';
    const { createAnthropicBatchApi } = await import('./anthropic-batch.ts');
    return createAnthropicBatchApi({ apiKey, baseUrl });
  },
});
