import type { BatchOptions, BatchRequest, InputMapping, MetadataColumn } from '../../runner/runner.ts';
import type { JobFolder, Split } from './folders.ts';
import type { BedrockSettings } from './settings.ts';

/** The name of the agent that a job's folder and environment make. */
export const AGENT = 'bedrock-processing';

/** What the job's folder and environment say, as an entry of an agents file. */
export function agentOf(folder: JobFolder, settings: BedrockSettings): object {
  const profile = settings.BEDROCK_INFERENCE_PROFILE_ARN;
  const needing = settings.BEDROCK_INFERENCE_PROFILE_REQUIRED_MODELS;
  const model = settings.BEDROCK_PRIMARY_MODEL_ID;
  const takesProfile = profile !== undefined && (needing.length === 0 || needing.includes(model));
  const perSecond = settings.BEDROCK_RATE_LIMIT_PER_SECOND;
  return {
    name: AGENT,
    model: without({
      provider: 'bedrock',
      model,
      fallback: settings.BEDROCK_FALLBACK_MODEL_ID,
      inference_profile: takesProfile ? profile : undefined,
      max_tokens: settings.BEDROCK_MAX_TOKENS,
      temperature: settings.BEDROCK_TEMPERATURE,
      top_p: settings.BEDROCK_TOP_P,
    }),
    instructions: folder.systemPrompt,
    prompt: { user: folder.userPrompt, placeholders: folder.placeholders },
    structured_output: { enabled: true, mode: 'text', schema: folder.schema },
    limits: without({
      // Each further turn asks again for an answer that could not be used.
      max_turns: 1 + settings.BEDROCK_MAX_RETRIES,
      timeout_s: 600,
      max_field_characters: settings.BEDROCK_TRUNCATION_ENABLED
        ? settings.BEDROCK_MAX_INPUT_FIELD_LENGTH
        : Number.MAX_SAFE_INTEGER,
      requests_per_minute: perSecond === undefined ? undefined : Math.max(1, Math.round(perSecond * 60)),
    }),
  };
}

/** The batch of one split. Placeholders that the table has no column for stay empty; `missing` names them. */
export function requestOf(
  split: Split,
  columns: readonly string[],
  { folder, settings }: { folder: JobFolder; settings: BedrockSettings },
): { request: BatchRequest; missing: string[] } {
  const missing = folder.placeholders.filter((name) => !columns.includes(name));
  const mapping: InputMapping = Object.fromEntries(
    folder.placeholders.map((name) => [name, columns.includes(name) ? { column: name } : { value: '' }]),
  );
  const metadata: MetadataColumn[] = ['_validation_passed', '_parse_status'];
  const request: BatchRequest = {
    csv_uri: split.source,
    target: { type: 'agent', name: AGENT },
    input_mapping: mapping,
    output_mapping: {
      metadata,
      rename: headersOf(folder, settings.BEDROCK_OUTPUT_COLUMN_PREFIX),
      ...(settings.BEDROCK_SKIP_ERROR_RECORDS ? { rows: 'succeeded' as const } : {}),
    },
    output_uri: split.output,
    options: optionsOf(settings),
  };
  return { request, missing };
}

function headersOf({ schema }: JobFolder, prefix: string): Record<string, string | null> {
  const properties = schema['properties'];
  const fields = typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
  return {
    ...Object.fromEntries(fields.map((field) => [field, `${prefix}${field}`])),
    _status: `${prefix}status`,
    _error: `${prefix}error`,
    _validation_passed: `${prefix}validation_passed`,
    _parse_status: `${prefix}parse_status`,
    _processing_time: null,
  };
}

function optionsOf(settings: BedrockSettings): BatchOptions {
  const isSequential = settings.BEDROCK_CONCURRENCY_MODE === 'sequential';
  return {
    concurrency: isSequential ? 1 : settings.BEDROCK_MAX_CONCURRENT_WORKERS,
    mode: settings.BEDROCK_BATCH_MODE,
    batch_threshold: settings.BEDROCK_BATCH_THRESHOLD,
    batch_job_requests: settings.BEDROCK_MAX_RECORDS_PER_JOB,
    batch_jobs: settings.BEDROCK_MAX_CONCURRENT_BATCH_JOBS,
    overwrite: true,
  };
}

/** Without the keys that are undefined. */
function without(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
