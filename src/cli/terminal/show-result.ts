import type { App } from '../app.ts';
import type { StatsFile } from '../arguments/stats-file.ts';
import type { Output } from '../command-context.ts';
import { EXIT, exitCodeOfBatch } from '../exit-codes.ts';
import type { ForegroundResult } from '../foreground.ts';
import { reportLines } from './report-text.ts';

/** The figures are read from every row: at the end of a larger batch only where `--stats` asks for them. */
const MOST_ROWS_UNASKED = 50_000;

/**
 * Prints the report of a batch at the end of a command, with its figures where some rows have ended, and writes
 * them to the file of `--stats`; returns the exit status.
 */
export async function showResult(
  { report, interrupted, elsewhere }: ForegroundResult,
  output: Output,
  figures?: { app: App; file: StatsFile | undefined },
): Promise<number> {
  output.document(report);
  const ended = report.counts.succeeded + report.counts.failed;
  const isShown = !output.json && ended > 0 && ended <= MOST_ROWS_UNASKED;
  const isCounted = figures !== undefined && (figures.file !== undefined || isShown);
  const statistics = isCounted ? await figures.app.runner.statistics(report.batch_id) : undefined;
  for (const line of reportLines(report, { ...output, ...(statistics && { statistics }) })) output.line(line);
  if (statistics !== undefined) await figures?.file?.write(statistics);
  const exitCode = elsewhere && interrupted ? EXIT.interrupted : exitCodeOfBatch(report, interrupted);
  if (exitCode === EXIT.interrupted) {
    output.note(
      elsewhere
        ? `The batch continues in another process. Show its state with: rowmill batches show ${report.batch_id}`
        : `Interrupted. Continue with: rowmill batches resume ${report.batch_id}`,
    );
  }
  return exitCode;
}
