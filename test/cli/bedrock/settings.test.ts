import { expect, test } from 'vitest';
import { readBedrockSettings } from '../../../src/cli/bedrock/settings.ts';

const MODEL = { BEDROCK_PRIMARY_MODEL_ID: 'anthropic.claude-haiku-5-5-v1:0' };

test('has a default for everything but the model', () => {
  expect(readBedrockSettings({ ...MODEL, BEDROCK_OUTPUT_COLUMN_PREFIX: '', USE_SECURE_PYPI: 'true' }, {})).toEqual({
    ...MODEL,
    BEDROCK_BATCH_TIMEOUT_HOURS: 24,
    BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS: [],
    BEDROCK_MAX_TOKENS: 32_768,
    BEDROCK_MAX_RETRIES: 3,
    BEDROCK_OUTPUT_COLUMN_PREFIX: 'llm_',
    BEDROCK_SKIP_ERROR_RECORDS: false,
    BEDROCK_EXIT_ON_ERRORS: false,
    BEDROCK_MAX_CONCURRENT_WORKERS: 5,
    BEDROCK_CONCURRENCY_MODE: 'concurrent',
    BEDROCK_BATCH_MODE: 'auto',
    BEDROCK_BATCH_THRESHOLD: 1000,
    BEDROCK_MAX_RECORDS_PER_JOB: 45_000,
    BEDROCK_MAX_CONCURRENT_BATCH_JOBS: 20,
    BEDROCK_MAX_INPUT_FIELD_LENGTH: 400_000,
    BEDROCK_TRUNCATION_ENABLED: true,
    BEDROCK_LOG_TRUNCATIONS: true,
  });
});

test('takes flags as Python writes them, lists as JSON or with commas, and arguments before variables', () => {
  const read = readBedrockSettings(
    {
      ...MODEL,
      BEDROCK_TRUNCATION_ENABLED: 'False',
      BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS: '["a", "b"]',
      BEDROCK_MAX_RETRIES: '7',
    },
    { maxRetries: 0, batchSize: 5 },
  );
  expect(read).toMatchObject({
    BEDROCK_TRUNCATION_ENABLED: false,
    BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS: ['a', 'b'],
    BEDROCK_MAX_RETRIES: 0,
    BEDROCK_BATCH_SIZE: 5,
  });
  const commas = readBedrockSettings({ ...MODEL, BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS: 'a, b' }, {});
  expect(commas.BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS).toEqual(['a', 'b']);
});

test.each([
  ['BEDROCK_TOP_P', '0', 'must be a number above 0, at most 1'],
  ['BEDROCK_TEMPERATURE', '1.5', 'must be a number from 0 to 1'],
  ['BEDROCK_MAX_TOKENS', '1.5', 'must be a whole number from 1 on'],
  ['BEDROCK_MAX_CONCURRENT_WORKERS', '5000', 'must be a whole number from 1 to 1000'],
  ['BEDROCK_RATE_LIMIT_PER_SECOND', '-1', 'must be a number above 0'],
  ['BEDROCK_SKIP_ERROR_RECORDS', 'perhaps', 'must be true or false'],
  ['BEDROCK_BATCH_MODE', 'fast', 'must be auto, batch or realtime'],
  ['BEDROCK_CONCURRENCY_MODE', 'x', 'must be sequential or concurrent'],
  ['BEDROCK_BATCH_TIMEOUT_HOURS', 'day', 'must be a number of hours from 24 to 168'],
  ['BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS', '[1]', 'must be a JSON array of model ids'],
])('%s: %s is refused with the fix', (name, value, fix) => {
  expect(() => readBedrockSettings({ ...MODEL, [name]: value }, {})).toThrow(`${name} ${fix}`);
});
