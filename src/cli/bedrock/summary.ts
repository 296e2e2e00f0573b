import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchReport } from '../../runner/runner.ts';
import type { JobFolder, JobType, Split } from './folders.ts';
import type { BedrockSettings } from './settings.ts';

/** One split with what came of it. */
export interface ProcessedSplit {
  split: Split;
  report: BatchReport;
}

/** The summary of a job, as it is written. Rates are shares of all records, from 0 to 1. */
export function summarize(
  jobType: JobType,
  processed: readonly ProcessedSplit[],
  settings: BedrockSettings,
): Record<string, unknown> {
  const sum = (count: (report: BatchReport) => number) =>
    processed.reduce((total, { report }) => total + count(report), 0);
  const total = sum(({ counts }) => counts.total);
  const successful = sum(({ counts }) => counts.succeeded);
  // A record counts as successful only once its answer fits the schema.
  const validated = successful;
  const jobs = processed.flatMap(({ split, report }) => report.jobs.map((job) => ({ split: split.name, ...job })));
  const costs = processed.map(({ report }) => report.cost_usd);
  return {
    job_type: jobType,
    total_records: total,
    successful_records: successful,
    failed_records: sum(({ counts }) => counts.failed),
    validation_passed_records: validated,
    overall_success_rate: total === 0 ? 0 : successful / total,
    overall_validation_rate: total === 0 ? 0 : validated / total,
    batch_processing_used: jobs.length > 0,
    batch_job_info: jobs,
    truncation_stats: {
      enabled: settings.BEDROCK_TRUNCATION_ENABLED,
      max_field_length: settings.BEDROCK_MAX_INPUT_FIELD_LENGTH,
      truncated_records: sum(({ truncated_rows }) => truncated_rows),
    },
    splits_processed: processed.map(({ split, report }) => ({
      split: split.name,
      batch_id: report.batch_id,
      status: report.status,
      source: split.source,
      output: report.output_uri,
      total_records: report.counts.total,
      successful_records: report.counts.succeeded,
      failed_records: report.counts.failed,
      failures: report.failures,
      cost_usd: report.cost_usd,
    })),
    cost_usd: costs.includes(null) ? null : costs.reduce((all: number, cost) => all + (cost ?? 0), 0),
  };
}

/** Writes `processing_summary_<job_type>_<time>.json`; resolves to its path. */
export async function writeSummary(folder: JobFolder, jobType: JobType, summary: object): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '_');
  const path = join(folder.summaryFolder, `processing_summary_${jobType}_${time}.json`);
  await mkdir(folder.summaryFolder, { recursive: true });
  await writeFile(path, `${JSON.stringify(summary, null, 2)}\n`);
  return path;
}
