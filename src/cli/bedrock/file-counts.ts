import { basename } from 'node:path';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import type { RowReport } from '../../runner/contract/report/row.ts';
import type { Runner } from '../../runner/runner.ts';
import type { Split } from './folders.ts';

/** The records of one input file by outcome. Rates are shares of its records, from 0 to 1. */
export interface FileCounts {
  filename: string;
  records: number;
  successful: number;
  failed: number;
  validation_passed: number;
  success_rate: number;
  validation_rate: number;
  batch_processing_used: boolean;
}

const PAGE_ROWS = 1000;

/** Counts the records of each file of a split, in the order of its table. */
export async function countFiles(
  { split, report }: { split: Split; report: BatchReport },
  runner: Runner,
): Promise<FileCounts[]> {
  const usedProviderJob = report.batch_calls > 0;
  const { counts, source_files: loaded } = report;
  const [only = split.source] = split.files;
  if (loaded === null) {
    const { total, succeeded, failed } = counts;
    return [fileCounts(only, { records: total ?? 0, successful: succeeded, failed }, usedProviderJob)];
  }
  const files = loaded.map(({ name, rows }) => ({ name, records: rows, successful: 0, failed: 0 }));
  let end = 0;
  const ends = files.map(({ records }) => {
    end += records;
    return end;
  });
  let at = 0;
  for await (const { row, status } of rowsOf(report.batch_id, runner)) {
    while (row >= (ends[at] ?? Number.POSITIVE_INFINITY)) at += 1;
    const file = files[at];
    if (file === undefined) break;
    if (status === 'succeeded') file.successful += 1;
    if (status === 'failed') file.failed += 1;
  }
  return files.map(({ name, ...found }) => fileCounts(name, found, usedProviderJob));
}

async function* rowsOf(batchId: string, runner: Runner): AsyncGenerator<RowReport> {
  let cursor: number | null = 0;
  while (cursor !== null) {
    const page: Awaited<ReturnType<Runner['rows']>> = await runner.rows(batchId, { cursor, limit: PAGE_ROWS });
    yield* page.rows;
    cursor = page.nextCursor;
  }
}

function fileCounts(
  path: string,
  { records, successful, failed }: { records: number; successful: number; failed: number },
  batch_processing_used: boolean,
): FileCounts {
  const rate = records === 0 ? 0 : successful / records;
  return {
    filename: basename(path),
    records,
    successful,
    failed,
    // A record counts as successful only once its answer fits the schema.
    validation_passed: successful,
    success_rate: rate,
    validation_rate: rate,
    batch_processing_used,
  };
}
