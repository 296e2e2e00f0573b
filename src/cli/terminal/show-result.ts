import type { Output } from '../command-context.ts';
import { EXIT, exitCodeOfBatch } from '../exit-codes.ts';
import type { ForegroundResult } from '../foreground.ts';
import { reportLines } from './report-text.ts';

/** Prints the report of a batch at the end of a command; returns the exit status. */
export function showResult({ report, interrupted, elsewhere }: ForegroundResult, output: Output): number {
  output.document(report);
  for (const line of reportLines(report, output)) output.line(line);
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
