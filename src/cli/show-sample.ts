import type { BatchReport } from '../runner/contract/report/report.ts';
import type { InputMapping } from '../runner/contract/request/mapping.ts';
import type { App } from './app.ts';
import type { Output } from './command-context.ts';
import { SHOWN_SAMPLE_ROWS, sampleLines } from './terminal/sample-text.ts';

/** Shows the answers of a sample that is done, on stdout; nothing for a batch in another state. */
export async function showSample(
  report: BatchReport,
  mapping: InputMapping | undefined,
  { app, output }: { app: Pick<App, 'runner'>; output: Output },
): Promise<void> {
  if (output.json || report.status !== 'paused' || report.pause_reason !== 'sample') return;
  const read = async (status: 'succeeded' | 'failed') =>
    (await app.runner.rows(report.batch_id, { status, limit: SHOWN_SAMPLE_ROWS })).rows;
  const ran = [...(await read('succeeded')), ...(await read('failed'))].sort((a, b) => a.row - b.row);
  if (ran.length === 0) return;
  const rows = ran.slice(0, SHOWN_SAMPLE_ROWS);
  for (const line of sampleLines(report, { rows, mapping }, output)) output.line(line);
  output.line();
}
