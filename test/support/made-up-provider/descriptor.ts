import * as z from 'zod';
import type { ProviderDescriptor } from '../../../src/providers/descriptor.ts';
import type { BatchApi } from '../../../src/providers/provider-jobs/batch-api.ts';

const environment = { PLUM_WORD: z.enum(['ripe', 'green'], { error: 'must be ripe or green' }).default('green') };

/** A provider that only `made-up-provider.test.ts` knows: every answer is its word. */
export const plum: ProviderDescriptor<typeof environment> = {
  name: 'plum',
  models: /^plum-/,
  environment,
  prices: { source: 'unknown', known: { 'plum-1': { input: 1, output: 10, cacheWrite: 0, cacheRead: 0 } } },
  sdks: [],
  open: async (_model, parts) => ({
    name: 'plum',
    respond: async ({ model, tools }) => ({
      content: [
        { type: 'tool_use', id: 'call_1', name: tools[0]?.name ?? '', input: { word: parts.environment.PLUM_WORD } },
      ],
      stopReason: 'tool_use',
      usage: { inputTokens: 7, outputTokens: 3, cacheWriteTokens: 0, cacheReadTokens: 0 },
      model,
    }),
    close: async () => undefined,
  }),
  openBatch: async () => 'plums are picked one by one',
};

/** One whose SDK is not installed. */
export const sloe: ProviderDescriptor<typeof environment> = {
  ...plum,
  name: 'sloe',
  models: /^sloe-/,
  sdks: ['@sloe/sdk'],
};

/** One whose batch API needs an SDK that is not installed. */
export const damson: ProviderDescriptor<typeof environment> = {
  ...plum,
  name: 'damson',
  models: /^damson-/,
  batchSdks: ['@damson/batch', '@damson/files'],
  openBatch: async () => ({ name: 'damson', limits: { maxRequests: 1, maxBytes: 1 } }) as BatchApi,
};
