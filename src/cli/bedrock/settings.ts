import * as z from 'zod';
import { AppError } from '../../errors.ts';

const whole = (least: number) =>
  z.coerce
    .number({ error: `must be a whole number from ${least} on` })
    .int()
    .min(least, `must be at least ${least}`);
const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'], { error: 'must be true or false' })
  .transform((value) => ['true', '1', 'yes'].includes(value));

/** A list of names: JSON, or with commas between them. */
const names = z.string().transform((text, context) => {
  if (!text.trim().startsWith('[')) return text.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
  try {
    return z.array(z.string()).parse(JSON.parse(text));
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a JSON array of model ids, or ids with commas between them' });
    return z.NEVER;
  }
});

const environment = z.object({
  BEDROCK_PRIMARY_MODEL_ID: z.string({ error: 'is not set: name the model, such as anthropic.claude-haiku-5-5-v1:0' }),
  BEDROCK_FALLBACK_MODEL_ID: z.string().optional(),
  BEDROCK_INFERENCE_PROFILE_ARN: z.string().optional(),
  BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS: names.default([]),
  BEDROCK_MAX_TOKENS: whole(1).default(8192),
  BEDROCK_TEMPERATURE: z.coerce.number().min(0).max(1).optional(),
  BEDROCK_TOP_P: z.coerce.number().gt(0).max(1).optional(),
  BEDROCK_BATCH_SIZE: whole(1).optional(),
  BEDROCK_MAX_RETRIES: whole(0).default(3),
  BEDROCK_OUTPUT_COLUMN_PREFIX: z.string().default('llm_'),
  BEDROCK_SKIP_ERROR_RECORDS: flag.default(false),
  BEDROCK_MAX_CONCURRENT_WORKERS: whole(1).max(1000, 'must be at most 1000').default(5),
  BEDROCK_RATE_LIMIT_PER_SECOND: z.coerce.number().positive('must be above 0').optional(),
  BEDROCK_CONCURRENCY_MODE: z
    .enum(['sequential', 'concurrent'], { error: 'must be sequential or concurrent' })
    .default('concurrent'),
  BEDROCK_BATCH_MODE: z
    .enum(['auto', 'batch', 'realtime'], { error: 'must be auto, batch or realtime' })
    .default('auto'),
  BEDROCK_BATCH_THRESHOLD: whole(1).default(1000),
  BEDROCK_MAX_RECORDS_PER_JOB: whole(1).default(45_000),
  BEDROCK_MAX_CONCURRENT_BATCH_JOBS: whole(1).default(20),
  BEDROCK_MAX_INPUT_FIELD_LENGTH: whole(1).default(400_000),
  BEDROCK_TRUNCATION_ENABLED: flag.default(true),
  BEDROCK_LOG_TRUNCATIONS: flag.default(true),
  AWS_REGION: z.string().optional(),
  AWS_DEFAULT_REGION: z.string().optional(),
});

/** What the environment of `bedrock-processing` says, by the names of its variables without `BEDROCK_`. */
export type BedrockSettings = z.output<typeof environment>;

/**
 * Reads the variables of `bedrock-processing`. Those of the batch jobs' role and folders are read by config.ts;
 * `USE_SECURE_PYPI` is accepted and means nothing here.
 * @throws AppError `config_invalid`, which names every variable at fault
 */
export function readBedrockSettings(
  env: Record<string, string | undefined>,
  given: { batchSize?: number; maxRetries?: number },
): BedrockSettings {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environment.safeParse({
    ...set,
    ...(given.batchSize === undefined ? {} : { BEDROCK_BATCH_SIZE: given.batchSize }),
    ...(given.maxRetries === undefined ? {} : { BEDROCK_MAX_RETRIES: given.maxRetries }),
  });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new AppError('config_invalid', `The environment is not usable: ${faults.join('; ')}.`);
}
