import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { bedrockBatchVariables } from '../../providers/bedrock/bedrock-variables.ts';

const number = (wanted: string) => z.coerce.number({ error: `must be ${wanted}` });
const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const wanted = `a whole number from ${least} ${most === Number.MAX_SAFE_INTEGER ? 'on' : `to ${most}`}`;
  const message = `must be ${wanted}`;
  return number(wanted).int(message).min(least, message).max(most, message);
};
const FLAGS: { [word: string]: boolean } = { true: true, yes: true, 1: true, false: false, no: false, 0: false };
const flag = z.string().transform((text, context) => {
  const value = FLAGS[text.trim().toLowerCase()];
  if (value === undefined) context.addIssue({ code: 'custom', message: 'must be true or false' });
  return value ?? z.NEVER;
});

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

/** Every variable that a processing job reads. */
export const bedrockEnvironment = z.object({
  ...bedrockBatchVariables,
  BEDROCK_PRIMARY_MODEL_ID: z.string({ error: 'is not set: name the model, such as anthropic.claude-haiku-5-5-v1:0' }),
  BEDROCK_FALLBACK_MODEL_ID: z.string().optional(),
  BEDROCK_INFERENCE_PROFILE_ARN: z.string().optional(),
  BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS: names.default([]),
  BEDROCK_MAX_TOKENS: whole(1).default(32_768),
  BEDROCK_TEMPERATURE: number('a number from 0 to 1')
    .min(0, 'must be a number from 0 to 1')
    .max(1, 'must be a number from 0 to 1')
    .optional(),
  BEDROCK_TOP_P: number('a number above 0, at most 1')
    .gt(0, 'must be a number above 0, at most 1')
    .max(1, 'must be a number above 0, at most 1')
    .optional(),
  BEDROCK_BATCH_SIZE: whole(1).optional(),
  BEDROCK_MAX_RETRIES: whole(0, 99).default(3),
  BEDROCK_OUTPUT_COLUMN_PREFIX: z.string().default('llm_'),
  BEDROCK_SKIP_ERROR_RECORDS: flag.default(false),
  /** Whether failed records make the exit status 3; a pipeline stops at any status but 0. */
  BEDROCK_EXIT_ON_ERRORS: flag.default(false),
  /** Whether the prompt shows the schema; without it, where the templates do not name every field. */
  BEDROCK_SCHEMA_IN_PROMPT: flag.optional(),
  BEDROCK_MAX_CONCURRENT_WORKERS: whole(1, 1000).default(5),
  BEDROCK_RATE_LIMIT_PER_SECOND: number('a number above 0').positive('must be a number above 0').optional(),
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
  /** The cost above which this job needs a confirmation; if it is not set, the job needs none. */
  ROWMILL_CONFIRM_ABOVE_USD: z.string().optional(),
});

/** The settings of `bedrock-processing`, by the names of their variables. */
export type BedrockSettings = z.output<typeof bedrockEnvironment>;

/** The variables that `BEDROCK_BATCH_MODE` batch requires. */
const BATCH_NEEDS = ['BEDROCK_BATCH_ROLE_ARN', 'BEDROCK_BATCH_INPUT_S3_PATH', 'BEDROCK_BATCH_OUTPUT_S3_PATH'] as const;

/**
 * Reads the variables of `bedrock-processing`; `USE_SECURE_PYPI` is accepted and has no effect.
 * @throws AppError `config_invalid`, which names every variable at fault and the fix
 */
export function readBedrockSettings(
  env: Record<string, string | undefined>,
  given: { batchSize?: number; maxRetries?: number },
): BedrockSettings {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = bedrockEnvironment.safeParse({
    ...set,
    ...(given.batchSize === undefined ? {} : { BEDROCK_BATCH_SIZE: given.batchSize }),
    ...(given.maxRetries === undefined ? {} : { BEDROCK_MAX_RETRIES: given.maxRetries }),
  });
  const faults = parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  const missing = BATCH_NEEDS.filter((name) => set[name] === undefined);
  if (set['BEDROCK_BATCH_MODE'] === 'batch' && missing.length > 0) {
    faults.push(`BEDROCK_BATCH_MODE is batch, which needs ${missing.join(' and ')}: set them, or the mode to auto`);
  }
  if (parsed.success && faults.length === 0) return parsed.data;
  throw new AppError('config_invalid', `The environment is not valid: ${faults.join('; ')}.`);
}
