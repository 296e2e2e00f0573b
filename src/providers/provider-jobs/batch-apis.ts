import type { Config } from '../../app/config.ts';
import type { Log } from '../../base/log.ts';
import type { ModelSource } from '../provider.ts';
import type { BatchApi } from './batch-api.ts';
import { removeOrphanSpools } from './batch-spool.ts';

/** The batch APIs of a process, each loaded and made on first use. */
export interface BatchApis {
  /** The one that serves a model, or why there is none, in words. */
  get(model: ModelSource): Promise<BatchApi | string>;
  /** Idempotent. */
  close(): Promise<void>;
}

type Make = (model: ModelSource) => Promise<BatchApi | string>;

/** Makes the batch APIs of the providers that have one, where their credentials are there. */
export function createBatchApis(config: Config, log: Log): BatchApis {
  const make: { [provider: string]: Make } = {
    async anthropic() {
      if (config.anthropic.apiKey === undefined) return 'ANTHROPIC_API_KEY is not set';
      const { createAnthropicBatchApi } = await import('../anthropic/anthropic-batch.ts');
      return createAnthropicBatchApi(config.anthropic);
    },
    async openai() {
      if (config.openai.apiKey === undefined) return 'OPENAI_API_KEY is not set';
      const { createOpenAiBatchApi } = await import('../openai/openai-batch.ts');
      return createOpenAiBatchApi({ ...config.openai, log });
    },
    async gemini() {
      if (config.gemini.apiKey === undefined) return 'GEMINI_API_KEY is not set';
      const { createGeminiBatchApi } = await import('../gemini/gemini-batch.ts');
      return createGeminiBatchApi({ ...config.gemini, log });
    },
    bedrock: (model) => openBedrock(config, model),
    'openai-compatible': async () => 'servers that are only compatible with OpenAI have none',
    scripted: async () => 'a script that stands in for a model has none',
  };
  const made = new Map<string, Promise<BatchApi | string>>();
  let cleaning: Promise<void> | undefined;
  return {
    async get(model) {
      const create = make[model.provider];
      if (create === undefined) return `there is no provider "${model.provider}"`;
      const key = JSON.stringify([model.provider, model.region, model.inference_profile, model.model]);
      cleaning ??= removeOrphanSpools();
      await cleaning;
      const api = made.get(key) ?? create(model);
      made.set(key, api);
      return api;
    },
    async close() {
      for (const api of await Promise.all(made.values())) if (typeof api !== 'string') await api.close();
    },
  };
}

async function openBedrock(
  { bedrockBatch: { roleArn, inputUri, outputUri, timeoutHours }, aws }: Config,
  { model, region = aws.region, inference_profile: profile }: ModelSource,
): Promise<BatchApi | string> {
  const missing = Object.entries({
    BEDROCK_BATCH_ROLE_ARN: roleArn,
    BEDROCK_BATCH_INPUT_S3_PATH: inputUri,
    BEDROCK_BATCH_OUTPUT_S3_PATH: outputUri,
  }).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (roleArn === undefined || inputUri === undefined || outputUri === undefined) {
    return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set`;
  }
  if (!/anthropic\.|^arn:/.test(model)) return `batch inference is built for Anthropic's models, and ${model} is none`;
  const { createBedrockBatchApi } = await import('../bedrock/bedrock-batch.ts');
  return createBedrockBatchApi({
    ...{ roleArn, inputUri, outputUri, timeoutHours, region },
    ...(profile === undefined ? {} : { inferenceProfile: { model, profile } }),
    ...(aws.bedrockEndpoint === undefined ? {} : { endpoint: aws.bedrockEndpoint }),
    ...(aws.s3Endpoint === undefined ? {} : { s3Endpoint: aws.s3Endpoint }),
  });
}
