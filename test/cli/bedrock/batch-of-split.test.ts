import { expect, test } from 'vitest';
import { agentOf, type Job, requestOf } from '../../../src/cli/bedrock/batch-of-split.ts';
import { readBedrockSettings } from '../../../src/cli/bedrock/settings.ts';

function jobOf(variables: Record<string, string> = {}): Job {
  const settings = readBedrockSettings(
    { BEDROCK_PRIMARY_MODEL_ID: 'anthropic.claude-haiku-5-5-v1:0', ...variables },
    {},
  );
  const prompts = { systemPrompt: '', userPrompt: '{a} {b}', placeholders: ['a', 'b'], warnings: [] };
  const schema = { type: 'object', properties: { x: { type: 'string' } } };
  return { settings, folder: { prompts, schema, splits: [], emptySplits: [], summaryFolder: '', warnings: [] } };
}

const SPLIT = { name: 'train', source: '/in.csv', files: ['/in.csv'], output: '/out.csv' };

test('the agent is what the variables say', () => {
  const { model, limits } = agentOf(
    jobOf({
      BEDROCK_FALLBACK_MODEL_ID: 'anthropic.claude-sonnet-5-5-v1:0',
      BEDROCK_INFERENCE_PROFILE_ARN: 'arn:aws:bedrock:us-east-1:1:inference-profile/x',
      BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS: '["another"]',
      BEDROCK_MAX_TOKENS: '30000',
      BEDROCK_TEMPERATURE: '0.5',
      BEDROCK_TOP_P: '0.9',
      BEDROCK_MAX_RETRIES: '1',
      BEDROCK_RATE_LIMIT_PER_SECOND: '2',
      BEDROCK_TRUNCATION_ENABLED: 'false',
    }),
  );
  expect(model).toEqual({
    provider: 'bedrock',
    model: 'anthropic.claude-haiku-5-5-v1:0',
    fallback: 'anthropic.claude-sonnet-5-5-v1:0',
    inference_profile: 'arn:aws:bedrock:us-east-1:1:inference-profile/x',
    max_tokens: 30_000,
    temperature: 0.5,
    top_p: 0.9,
  });
  expect(limits).toEqual({
    max_turns: 2,
    timeout_s: 1200,
    call_timeout_s: 600,
    max_field_characters: Number.MAX_SAFE_INTEGER,
    requests_per_minute: 120,
  });
});

test('the batch has the options that the variables say', () => {
  const variables = {
    BEDROCK_CONCURRENCY_MODE: 'sequential',
    BEDROCK_BATCH_THRESHOLD: '50',
    BEDROCK_BATCH_TIMEOUT_HOURS: '48',
    BEDROCK_MAX_RECORDS_PER_JOB: '100',
    BEDROCK_MAX_CONCURRENT_BATCH_JOBS: '2',
  };
  expect(requestOf(SPLIT, ['a', 'b'], jobOf(variables)).request.options).toEqual({
    concurrency: 1,
    mode: 'auto',
    batch_threshold: 50,
    batch_deadline_hours: 48,
    batch_job_requests: 100,
    batch_jobs: 2,
    overwrite: true,
    allow_empty: true,
  });
});

test('placeholders without a column stay empty, and are named', () => {
  const { request, missing } = requestOf(SPLIT, ['a'], jobOf());
  expect(missing).toEqual(['b']);
  expect(request.input_mapping).toEqual({ a: { column: 'a' }, b: { value: '' } });
});
