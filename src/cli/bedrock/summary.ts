import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchReport } from '../../runner/contract/report.ts';
import type { JobType, Split } from './folders.ts';
import type { BedrockSettings } from './settings.ts';

/** One split with the final report of its batch. */
export interface ProcessedSplit {
  split: Split;
  report: BatchReport;
  /** The table of the rows until now, where the batch has not ended and it could be written. */
  output: string | null;
}

/** The summary of a job, finished or not, as it is written. Rates are shares of all records, from 0 to 1. */
export function summarize(
  jobType: JobType,
  { processed, notStarted }: { processed: readonly ProcessedSplit[]; notStarted: readonly Split[] },
  settings: BedrockSettings,
): Record<string, unknown> {
  const reports = processed.map(({ report }) => report);
  const { success_rate, validation_rate, ...counts } = countsOf(reports);
  const jobs = processed.flatMap(({ split, report }) =>
    report.provider_jobs.map((job) => ({ split_name: split.name, ...job })),
  );
  const costs = reports.map((report) => report.cost_usd);
  return {
    job_type: jobType,
    ...counts,
    overall_success_rate: success_rate,
    overall_validation_rate: validation_rate,
    ...batchShareOf(reports),
    batch_job_info: jobs.length === 0 ? null : jobs,
    truncation_stats: truncationOf(reports, settings),
    splits_processed: processed.map(({ split, report, output }) => ({
      split_name: split.name,
      total_files: split.files.length,
      ...countsOf([report]),
      ...batchShareOf([report]),
      batch_id: report.batch_id,
      status: report.status,
      source: split.source,
      output: report.output_uri ?? output,
      failures: report.failures,
      cost_usd: report.cost_usd,
    })),
    splits_not_started: notStarted.map(({ name }) => name),
    cost_usd: costs.includes(null) ? null : costs.reduce((all: number, cost) => all + (cost ?? 0), 0),
  };
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
  const realtimeCalls = sum(reports, ({ model_calls, batch_calls }) => model_calls - batch_calls);
  return {
    // A job that answered nothing saved nothing.
    batch_processing_used: batchCalls > 0,
    batch_calls: batchCalls,
    realtime_calls: realtimeCalls,
    realtime_share: batchCalls + realtimeCalls === 0 ? 0 : realtimeCalls / (batchCalls + realtimeCalls),
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

function sum(reports: readonly BatchReport[], count: (report: BatchReport) => number): number {
  return reports.reduce((all, report) => all + count(report), 0);
}

/** Writes `processing_summary_<job_type>_<time>.json`; resolves to its path. */
export async function writeSummary(folder: string, jobType: JobType, summary: object): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '_');
  const path = join(folder, `processing_summary_${jobType}_${time}.json`);
  await mkdir(folder, { recursive: true });
  await writeFile(path, `${JSON.stringify(summary, null, 2)}\n`);
  return path;
}
