import type { JobReport } from '../../../runner/contract/service/job.ts';
import type { Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';

/** Prints a job with its result and cost; returns the exit status. */
export function showJob(job: JobReport, output: Output): number {
  output.document(job);
  output.line(`${job.job_id} is ${job.state}: ${oneLine(job.agent)}, priority ${job.priority}`);
  if (job.batch_id !== null) output.line(`row ${job.row} of ${job.batch_id}`);
  if (job.result !== null) output.line(JSON.stringify(job.result, null, 2));
  if (job.error !== null) output.line(`${job.error.code}: ${oneLine(job.error.message)}`);
  if (job.cost_usd !== null) output.line(`cost $${job.cost_usd}, saved $${job.saved_usd ?? 0} against real time`);
  return EXIT.completed;
}
