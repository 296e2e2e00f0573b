import { duration } from '../base/figures.ts';
import type { BatchReport } from '../runner/contract/report/report.ts';
import type { App } from './app.ts';
import type { Output } from './command-context.ts';

/** How long another process may take to finish its calls in flight before a command stops waiting. */
const WAIT_MS = 15_000;

/** Waits for up to `WAIT_MS` until a batch is in one of these states; resolves to its latest report. */
export async function waitForStatus(
  { runner, output }: Pick<App, 'runner'> & { output: Output },
  first: BatchReport,
  wanted: BatchReport['status'][],
): Promise<BatchReport> {
  let report = first;
  if (wanted.includes(report.status)) return report;
  output.note(`Its process finishes the calls in flight; waiting for it, for at most ${duration(WAIT_MS / 1000)} …`);
  for await (report of runner.watch(first.batch_id, AbortSignal.timeout(WAIT_MS))) {
    if (wanted.includes(report.status)) break;
  }
  return report;
}
