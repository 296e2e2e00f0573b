import { type AgentDefinition, agentDefinition } from '../../agent/definition.ts';
import { AppError } from '../../base/errors.ts';
import { describeZodError } from '../../base/schema/schema.ts';
import { outputLimitOf } from '../../providers/bedrock/output-limits.ts';
import type { InputMapping } from '../../runner/contract/request/mapping.ts';
import type { BatchOptions } from '../../runner/contract/request/options.ts';
import type { BatchRequest } from '../../runner/contract/request/request.ts';
import { answerFields } from './answer-schema.ts';
import type { JobFolder, Split } from './folders.ts';
import type { BedrockSettings } from './settings.ts';

/** The name of the agent that a job's folder and environment define. */
const AGENT = 'bedrock-processing';

/** A job: the content of its folder and the settings of its environment. */
export interface Job {
  folder: JobFolder;
  settings: BedrockSettings;
}

/**
 * The agent of a job.
 * @throws AppError `invalid_arguments` when the folder and the settings define no valid agent
 */
export function agentOf({ folder: { prompts, schema }, settings }: Job): AgentDefinition {
  const maxTokens = maxTokensOf(settings);
  const perSecond = settings.BEDROCK_RATE_LIMIT_PER_SECOND;
  // A slow model writes 30 tokens a second.
  const callSeconds = Math.min(600, Math.max(120, Math.ceil(maxTokens / 30)));
  const parsed = agentDefinition.safeParse({
    name: AGENT,
    model: {
      provider: 'bedrock',
      model: settings.BEDROCK_PRIMARY_MODEL_ID,
      fallback: settings.BEDROCK_FALLBACK_MODEL_ID,
      inference_profile: settings.BEDROCK_INFERENCE_PROFILE_ARN,
      max_tokens: maxTokens,
      temperature: settings.BEDROCK_TEMPERATURE,
      top_p: settings.BEDROCK_TOP_P,
    },
    instructions: prompts.systemPrompt.trim() === '' ? 'Do what the message asks for.' : prompts.systemPrompt,
    prompt: { user: prompts.userPrompt, placeholders: prompts.placeholders },
    input: inputOf(prompts.placeholders),
    structured_output: {
      enabled: true,
      mode: 'text',
      schema,
      first_object: true,
      schema_in_prompt: showsSchema({ prompts, schema }, settings),
    },
    limits: {
      // Each further turn asks again after an unusable answer.
      max_turns: 1 + settings.BEDROCK_MAX_RETRIES,
      call_timeout_s: callSeconds,
      timeout_s: Math.max(600, callSeconds * (1 + settings.BEDROCK_MAX_RETRIES)),
      max_field_characters: settings.BEDROCK_TRUNCATION_ENABLED
        ? settings.BEDROCK_MAX_INPUT_FIELD_LENGTH
        : Number.MAX_SAFE_INTEGER,
      requests_per_minute: perSecond === undefined ? undefined : Math.max(1, Math.round(perSecond * 60)),
    },
  });
  // Removes undefined keys, as in an agents file: a stored batch is compared with the request.
  if (parsed.success) return JSON.parse(JSON.stringify(parsed.data)) as AgentDefinition;
  throw new AppError(
    'invalid_arguments',
    `The job defines no valid agent: ${describeZodError(parsed.error).join('; ')}.`,
  );
}

/** The tokens that an answer may have: as the variable says, at most what every model of the job writes. */
export function maxTokensOf(settings: BedrockSettings): number {
  const { BEDROCK_PRIMARY_MODEL_ID: primary, BEDROCK_FALLBACK_MODEL_ID: fallback } = settings;
  const limits = [primary, fallback].map((model) => (model === undefined ? undefined : outputLimitOf(model)));
  return Math.min(settings.BEDROCK_MAX_TOKENS, ...limits.filter((limit) => limit !== undefined));
}

/** Whether the prompt shows the schema: as the variable says, else where the templates do not name every field of it. */
function showsSchema({ prompts, schema }: Pick<JobFolder, 'prompts' | 'schema'>, settings: BedrockSettings): boolean {
  const text = `${prompts.systemPrompt}\n${prompts.userPrompt}`;
  return settings.BEDROCK_SCHEMA_IN_PROMPT ?? !answerFields(schema).every((field) => text.includes(field));
}

function inputOf(placeholders: readonly string[]) {
  const properties = Object.fromEntries(placeholders.map((name) => [name, {}]));
  return { type: 'object', properties, required: [...placeholders], additionalProperties: false };
}

/** The batch of one split. Placeholders without a column in the table stay empty; `missing` names them. */
export function requestOf(
  split: Split,
  columns: readonly string[],
  { folder, settings }: Job,
): { request: BatchRequest; missing: string[] } {
  const { placeholders } = folder.prompts;
  const missing = placeholders.filter((name) => !columns.includes(name));
  const input_mapping: InputMapping = Object.fromEntries(
    placeholders.map((name) => [name, columns.includes(name) ? { column: name } : { value: '' }]),
  );
  const request: BatchRequest = {
    csv_uri: split.source,
    target: { type: 'agent', name: AGENT },
    input_mapping,
    output_mapping: {
      metadata: ['_outcome', '_failure', '_validation_passed', '_parse_status'],
      rename: headersOf(folder, settings.BEDROCK_OUTPUT_COLUMN_PREFIX),
      ...(settings.BEDROCK_SKIP_ERROR_RECORDS ? { rows: 'succeeded' as const } : {}),
    },
    output_uri: split.output,
    options: optionsOf(settings),
  };
  return { request, missing };
}

function headersOf({ schema }: JobFolder, prefix: string): Record<string, string | null> {
  return {
    ...Object.fromEntries(answerFields(schema).map((field) => [field, `${prefix}${field}`])),
    _outcome: `${prefix}status`,
    _failure: `${prefix}error`,
    _validation_passed: `${prefix}validation_passed`,
    _parse_status: `${prefix}parse_status`,
    _status: null,
    _error: null,
    _processing_time: null,
  };
}

function optionsOf(settings: BedrockSettings): BatchOptions {
  const isSequential = settings.BEDROCK_CONCURRENCY_MODE === 'sequential';
  return {
    concurrency: isSequential ? 1 : settings.BEDROCK_MAX_CONCURRENT_WORKERS,
    mode: settings.BEDROCK_BATCH_MODE,
    batch_threshold: settings.BEDROCK_BATCH_THRESHOLD,
    // Rows without an answer by then run in real time.
    batch_deadline_hours: settings.BEDROCK_BATCH_TIMEOUT_HOURS,
    batch_job_requests: settings.BEDROCK_MAX_RECORDS_PER_JOB,
    batch_jobs: settings.BEDROCK_MAX_CONCURRENT_BATCH_JOBS,
    overwrite: true,
    allow_empty: true,
  };
}
