import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchReport } from '../runner/contract/report.ts';
import type { App } from './app.ts';

const LOOK_EVERY_MS = 200;
/** How long another process may take to finish its calls in flight before a command stops waiting. */
const WAIT_MS = 15_000;

/** Waits until a batch is in one of these states, for some seconds; resolves to how it stands then. */
export async function waitForStatus(
  { runner }: App,
  first: BatchReport,
  wanted: BatchReport['status'][],
): Promise<BatchReport> {
  const deadline = performance.now() + WAIT_MS;
  let report = first;
  while (!wanted.includes(report.status) && performance.now() < deadline) {
    await sleep(LOOK_EVERY_MS);
    report = await runner.report(first.batch_id);
  }
  return report;
}
