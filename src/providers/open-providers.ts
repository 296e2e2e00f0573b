import type { Config } from '../app/config.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { createAnthropicProvider } from './anthropic/anthropic-provider.ts';
import { createBedrockProvider } from './bedrock/bedrock-provider.ts';
import { createGeminiProvider } from './gemini/gemini-provider.ts';
import { createOpenAiProvider } from './openai/openai-provider.ts';
import { createOpenAiCompatibleProvider } from './openai-compatible/compatible-provider.ts';
import type { ModelSource, Provider } from './provider.ts';
import type { BatchApi } from './provider-jobs/batch-api.ts';
import { createBatchApis } from './provider-jobs/batch-apis.ts';
import { createScriptedProvider } from './scripted/scripted-provider.ts';
import { withFallback } from './shared/fallback.ts';

/** The providers of a process. */
export interface Providers {
  /**
   * @param model says which server and which fallback; one of another provider is not looked at
   * @throws AppError `agents_invalid` when there is no such provider, or it needs to be told more
   */
  get(name: string, model?: ModelSource): Promise<Provider>;
  /** The batch API that serves a model, or why there is none, in words. */
  batch(model: ModelSource): Promise<BatchApi | string>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Providers by name and by what the model says of its server, each made on first use and once. */
export function createProviders(config: Config, log: Log): Providers {
  const shared = { log, proxy: config.proxy };
  const make: { [name: string]: (model: ModelSource) => Provider } = {
    anthropic: () => createAnthropicProvider({ ...config.anthropic, ...shared }),
    openai: () => createOpenAiProvider({ ...config.openai, ...shared }),
    'openai-compatible': ({ base_url: baseUrl, api_key_env: keyVariable }) => {
      if (baseUrl === undefined) {
        const fix = 'write model: {provider: openai-compatible, base_url: …, model: …} in agents.yaml';
        throw new AppError('agents_invalid', `The provider openai-compatible needs a base_url; ${fix}.`);
      }
      const key = keyVariable === undefined ? undefined : { variable: keyVariable, value: config.env[keyVariable] };
      return createOpenAiCompatibleProvider({ baseUrl, ...shared, ...(key === undefined ? {} : { key }) });
    },
    bedrock: ({ model, region, inference_profile: profile }) =>
      createBedrockProvider({
        region: region ?? config.aws.region,
        endpoint: config.aws.bedrockRuntimeEndpoint,
        ...(profile === undefined ? {} : { inferenceProfile: { model, profile } }),
        ...shared,
      }),
    gemini: () => createGeminiProvider({ ...config.gemini, ...shared }),
    scripted: () => createScriptedProvider({ log }),
  };
  const batchApis = createBatchApis(config, log);
  const made = new Map<string, Provider>();
  const once = (key: readonly unknown[], create: () => Provider): Provider => {
    const text = JSON.stringify(key);
    const provider = made.get(text) ?? create();
    made.set(text, provider);
    return provider;
  };
  return {
    async get(name, given) {
      const create = make[name];
      if (create === undefined) {
        const names = Object.keys(make).join(', ');
        throw new AppError('agents_invalid', `There is no model provider "${name}"; the providers are ${names}.`);
      }
      const model = given?.provider === name ? given : { provider: name, model: '' };
      const profile = model.inference_profile === undefined ? [] : [model.inference_profile, model.model];
      const key = [name, model.base_url, model.api_key_env, model.region, ...profile];
      const provider = once(key, () => create(model));
      const { fallback } = model;
      if (fallback === undefined || fallback === model.model) return provider;
      return once([...key, model.model, fallback], () => withFallback(provider, { model: model.model, fallback, log }));
    },
    batch: batchApis.get,
    async close() {
      await Promise.all([...made.values()].map((provider) => provider.close()));
      await batchApis.close();
    },
  };
}
