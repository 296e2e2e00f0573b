import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import type { Job } from './batch-of-split.ts';
import type { FileCounts } from './file-counts.ts';
import type { JobType, Split } from './folders.ts';
import type { BedrockSettings } from './settings.ts';

/** One table of a split with the final report of its batch. */
export interface ProcessedSplit {
  split: Split;
  report: BatchReport;
  /** The table of the rows until now, where the batch has not ended and it could be written. */
  output: string | null;
  files: FileCounts[];
}

/** The summary of a job, finished or not, as it is written. Rates are shares of all records, from 0 to 1. */
export function summarize(
  jobType: JobType,
  { processed, notStarted }: { processed: readonly ProcessedSplit[]; notStarted: readonly Split[] },
  { folder, settings }: Job,
): Record<string, unknown> {
  const reports = processed.map(({ report }) => report);
  const { success_rate, validation_rate, ...counts } = countsOf(reports);
  const jobs = processed.flatMap(({ split, report }) =>
    report.provider_jobs.map((job) => ({ split_name: split.name, ...job })),
  );
  const costs = reports.map((report) => report.cost_usd);
  const effectiveModel = effectiveModelOf(reports, settings);
  return {
    job_type: jobType,
    total_files: sum(processed, ({ split }) => split.files.length),
    ...counts,
    overall_success_rate: success_rate,
    overall_validation_rate: validation_rate,
    files_processed: processed.flatMap(({ files }) => files),
    splits_processed: [...processed.map(splitSummary), ...folder.emptySplits.map(emptySplitSummary)],
    splits_not_started: notStarted.map(({ name }) => name),
    model_info: modelInfoOf(effectiveModel, settings),
    effective_model_id: effectiveModel,
    template_integration: {
      system_prompt_loaded: folder.prompts.systemPrompt !== '',
      user_prompt_template_loaded: true,
      validation_schema_loaded: true,
      pydantic_model_created: true,
    },
    ...batchShareOf(reports),
    batch_job_info: jobs.length === 0 ? null : jobs,
    truncation_stats: truncationOf(reports, settings),
    cost_usd: costs.includes(null) ? null : costs.reduce((all: number, cost) => all + (cost ?? 0), 0),
    processing_timestamp: new Date().toISOString(),
  };
}

function splitSummary({ split, report, output, files }: ProcessedSplit) {
  return {
    split_name: split.name,
    total_files: split.files.length,
    ...countsOf([report]),
    files_processed: files,
    ...batchShareOf([report]),
    batch_id: report.batch_id,
    status: report.status,
    source: split.source,
    output: report.output_uri ?? output,
    failures: report.failures,
    cost_usd: report.cost_usd,
  };
}

function emptySplitSummary({ name }: { name: string }) {
  return {
    split_name: name,
    total_files: 0,
    ...countsOf([]),
    files_processed: [],
    ...batchShareOf([]),
    cost_usd: 0,
  };
}

/** The id under which most calls were answered. */
function effectiveModelOf(reports: readonly BatchReport[], settings: BedrockSettings): string {
  const { BEDROCK_INFERENCE_PROFILE_ARN: arn, BEDROCK_PRIMARY_MODEL_ID: primary } = settings;
  const calls = new Map<string, number>();
  for (const { model, calls: more } of reports.flatMap(({ bill }) => bill.models)) {
    const id = model.replace(/^bedrock\//, '');
    calls.set(id, (calls.get(id) ?? 0) + more);
  }
  const [most] = [...calls].toSorted(([, one], [, other]) => other - one);
  const model = most?.[0] ?? primary;
  return model === primary && arn !== undefined ? arn : model;
}

/** How the model was called: through an inference profile, by its ARN or its id, or on demand. */
function modelInfoOf(effectiveModel: string, { BEDROCK_PRIMARY_MODEL_ID: primary }: BedrockSettings) {
  if (effectiveModel.startsWith('arn:')) return { arn: effectiveModel, method: 'arn' };
  if (!/^(us|us-gov|eu|apac|jp|au|ca|global)\./.test(effectiveModel)) return {};
  const original = effectiveModel === primary ? {} : { original_model_id: primary };
  return { profile_id: effectiveModel, ...original, method: 'profile_id' };
}

function countsOf(reports: readonly BatchReport[]) {
  const total = sum(reports, ({ counts }) => counts.total ?? 0);
  // A record counts as successful only once its answer fits the schema.
  const successful = sum(reports, ({ counts }) => counts.succeeded);
  const rate = total === 0 ? 0 : successful / total;
  return {
    total_records: total,
    successful_records: successful,
    failed_records: sum(reports, ({ counts }) => counts.failed),
    validation_passed_records: successful,
    success_rate: rate,
    validation_rate: rate,
  };
}

/** Which model calls the batch API answered, and which ran in real time, at the full price. */
function batchShareOf(reports: readonly BatchReport[]) {
  const batchCalls = sum(reports, ({ batch_calls }) => batch_calls);
  const realtimeOf = (among: readonly BatchReport[]) =>
    sum(among, ({ model_calls, batch_calls }) => model_calls - batch_calls);
  const realtimeCalls = realtimeOf(reports);
  const withJobs = reports.filter(({ provider_jobs: jobs }) => jobs.length > 0);
  // One call goes ahead of the jobs, to find out what the model accepts: it is no fallback.
  const ahead = withJobs.filter((report) => realtimeOf([report]) > 0).length;
  const callsWithJobs = sum(withJobs, ({ model_calls: calls }) => calls) - ahead;
  return {
    // A job that answered nothing saved nothing.
    batch_processing_used: batchCalls > 0,
    batch_calls: batchCalls,
    realtime_calls: realtimeCalls,
    realtime_share: batchCalls + realtimeCalls === 0 ? 0 : realtimeCalls / (batchCalls + realtimeCalls),
    // Of the batches that had provider jobs, the share of calls that real time answered instead.
    fallback_share: callsWithJobs === 0 ? 0 : (realtimeOf(withJobs) - ahead) / callsWithJobs,
  };
}

function truncationOf(reports: readonly BatchReport[], settings: BedrockSettings) {
  const total = sum(reports, ({ counts }) => counts.total ?? 0);
  const records = sum(reports, ({ truncated_rows }) => truncated_rows);
  const fields: Record<string, number> = {};
  for (const [field, count] of reports.flatMap((report) => Object.entries(report.truncated_fields))) {
    fields[field] = (fields[field] ?? 0) + count;
  }
  return {
    truncation_enabled: settings.BEDROCK_TRUNCATION_ENABLED,
    max_input_field_length: settings.BEDROCK_MAX_INPUT_FIELD_LENGTH,
    total_truncations: Object.values(fields).reduce((all, count) => all + count, 0),
    truncated_records: records,
    truncated_fields: fields,
    truncation_rate: total === 0 ? 0 : records / total,
  };
}

function sum<Item>(items: readonly Item[], count: (item: Item) => number): number {
  return items.reduce((all, item) => all + count(item), 0);
}

/** Writes `processing_summary_<job_type>_<time>.json`; resolves to its path. */
export async function writeSummary(folder: string, jobType: JobType, summary: object): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '_');
  const path = join(folder, `processing_summary_${jobType}_${time}.json`);
  await mkdir(folder, { recursive: true });
  await writeFile(path, `${JSON.stringify(summary, null, 2)}\n`);
  return path;
}
