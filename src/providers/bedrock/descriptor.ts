import type * as z from 'zod';
import { DEFAULT_AWS_REGION } from '../../base/process/aws-variables.ts';
import { describeProvider } from '../descriptor.ts';
import { HALF } from '../prices/model-prices.ts';
import type { ModelSource } from '../provider.ts';
import type { BatchApi } from '../provider-jobs/batch-api.ts';
import { takesFormat } from './bedrock-format.ts';
import { bedrockMedia } from './bedrock-media.ts';
import { bedrockVariables } from './bedrock-variables.ts';

/** Inference profiles of a part of the world, which cost as much as its regions. */
const PROFILE = /^(us|eu|apac|jp|au|ca|us-gov)\./;

/** Amazon Bedrock: Converse and batch inference. */
export const bedrock = describeProvider({
  name: 'bedrock',
  traceName: 'aws.bedrock',
  modelKeys: { region: 'optional', inference_profile: 'optional' },
  media: bedrockMedia,
  takesFormat,
  environment: bedrockVariables,
  prices: {
    source: { table: 'bedrock' },
    aliases: (model) => [`regional.${model.replace(PROFILE, '')}`],
    // The price of batch inference: half of on demand; nothing is cached.
    batch: { share: HALF },
  },
  sdks: ['@aws-sdk/client-bedrock-runtime', '@smithy/node-http-handler'],
  batchSdks: ['@aws-sdk/client-bedrock', '@aws-sdk/client-s3', '@aws-sdk/lib-storage'],
  async open({ model, region, inference_profile: profile }, { environment, proxy, log }) {
    const { createBedrockProvider } = await import('./bedrock-provider.ts');
    return createBedrockProvider({
      region: region ?? environment.AWS_REGION ?? DEFAULT_AWS_REGION,
      endpoint: environment.AWS_ENDPOINT_URL_BEDROCK_RUNTIME ?? environment.AWS_ENDPOINT_URL,
      ...(profile === undefined ? {} : { inferenceProfile: { model, profile } }),
      proxy,
      log,
    });
  },
  openBatch: (model, { environment }) => openBatch(model, environment),
});

type Environment = z.output<z.ZodObject<typeof bedrockVariables>>;

async function openBatch(
  { model, region, inference_profile: profile }: ModelSource,
  environment: Environment,
): Promise<BatchApi | string> {
  const {
    BEDROCK_BATCH_ROLE_ARN: roleArn,
    BEDROCK_BATCH_INPUT_S3_PATH: inputUri,
    BEDROCK_BATCH_OUTPUT_S3_PATH: outputUri,
    BEDROCK_BATCH_TIMEOUT_HOURS: timeoutHours,
  } = environment;
  if (roleArn === undefined || inputUri === undefined || outputUri === undefined) {
    const needed = ['BEDROCK_BATCH_ROLE_ARN', 'BEDROCK_BATCH_INPUT_S3_PATH', 'BEDROCK_BATCH_OUTPUT_S3_PATH'] as const;
    const missing = needed.filter((name) => environment[name] === undefined);
    return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not set`;
  }
  if (!/anthropic\.|^arn:/.test(model))
    return `batch inference is built for Anthropic's models, and ${model} is not one of them`;
  const { createBedrockBatchApi } = await import('./bedrock-batch.ts');
  const endpoint = environment.AWS_ENDPOINT_URL_BEDROCK ?? environment.AWS_ENDPOINT_URL;
  const s3Endpoint = environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  return createBedrockBatchApi({
    ...{ roleArn, inputUri, outputUri, timeoutHours },
    region: region ?? environment.AWS_REGION ?? DEFAULT_AWS_REGION,
    ...(profile === undefined ? {} : { inferenceProfile: { model, profile } }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(s3Endpoint === undefined ? {} : { s3Endpoint }),
  });
}
