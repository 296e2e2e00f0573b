import { AppError } from '../../base/errors.ts';
import { describeProvider } from '../descriptor.ts';
import { toStrictFormOnce } from '../openai/openai-schema.ts';
import { compatibleMedia } from './compatible-media.ts';
import { EMBEDDINGS } from './compatible-models.ts';

/** Any other server that speaks OpenAI's Chat Completions and Embeddings; each agent names its server. */
export const openAiCompatible = describeProvider({
  name: 'openai-compatible',
  embeddings: EMBEDDINGS,
  media: compatibleMedia,
  takesFormat: (model, schema) => !EMBEDDINGS.test(model) && toStrictFormOnce(schema) !== undefined,
  modelKeys: { base_url: { example: 'http://127.0.0.1:11434/v1' }, api_key_env: 'optional' },
  environment: {},
  // The price of another server for a model of the same name says nothing.
  prices: { source: 'unknown' },
  sdks: [],
  async open({ base_url: baseUrl, api_key_env: keyVariable }, { variable, proxy, log }) {
    if (baseUrl === undefined) {
      const fix = 'write model: {provider: openai-compatible, base_url: …, model: …} in agents.yaml';
      throw new AppError('agents_invalid', `The provider openai-compatible needs a base_url; ${fix}.`);
    }
    const { createOpenAiCompatibleProvider } = await import('./compatible-provider.ts');
    const key = keyVariable === undefined ? undefined : { variable: keyVariable, value: variable(keyVariable) };
    return createOpenAiCompatibleProvider({ baseUrl, proxy, log, ...(key === undefined ? {} : { key }) });
  },
  openBatch: async () => 'servers that are only compatible with OpenAI have no batch API',
});
