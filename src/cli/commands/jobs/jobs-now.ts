import { AppError } from '../../../base/errors.ts';
import type { BatchPlan } from '../../../runner/contract/report/plan.ts';
import type { JobRequest } from '../../../runner/contract/service/job.ts';
import { TOLERANCE } from '../../../runner/contract/service/tolerance.ts';
import { ENDED } from '../../../runner/lifecycle/batch.ts';
import { askToGoOn, canAsk, mayStartUnasked, tooCostly } from '../../agreement.ts';
import type { App } from '../../app.ts';
import type { CommandContext, Output } from '../../command-context.ts';
import { exitCodeOfBatch } from '../../exit-codes.ts';
import { openForeground } from '../../foreground.ts';
import { showJob } from './show-job.ts';

interface Face {
  context: CommandContext;
  output: Output;
}

/** Runs one job at once, in the foreground, and shows its result. Exits as its batch ends. */
export async function runNow(
  [request, ...others]: readonly JobRequest[],
  { accept }: { accept?: number },
  { context, output }: Face,
): Promise<number> {
  if (request === undefined || others.length > 0) {
    throw new AppError('invalid_arguments', '--now runs one input: give it with --input.');
  }
  const app = await context.app();
  const approve = (plan: BatchPlan, batchId: string) =>
    agree(plan, { app, batchId, accept, cap: request.max_cost_usd }, { context, output });
  const foreground = openForeground(context, output);
  try {
    const { job, batch } = await foreground.before(app.jobs.runNow(request, approve, accept));
    const isAtRest = ENDED.includes(batch.status);
    const { report, interrupted } = isAtRest
      ? { report: batch, interrupted: false }
      : await foreground.drive(app, batch.batch_id);
    showJob(await app.jobs.show(job.job_id), output);
    return exitCodeOfBatch(report, interrupted);
  } finally {
    foreground.close();
  }
}

interface Spending {
  app: App;
  batchId: string;
  accept: number | undefined;
  cap: number | undefined;
}

/** A cap is set, the estimate was accepted, a person agrees, or it may start unasked. @throws AppError `confirmation_needed` */
async function agree({ spending_usd: expectedUsd }: BatchPlan, spending: Spending, face: Face): Promise<void> {
  const { app, batchId, accept, cap } = spending;
  if (cap !== undefined) return;
  if (accept !== undefined && expectedUsd !== null && expectedUsd <= accept * TOLERANCE) return;
  const spend = { expectedUsd, limitUsd: app.config.confirmAboveUsd };
  if (await mayStartUnasked(app, spend, { batchId, spentUsd: 0 })) return;
  if (canAsk(face.context, face.output) && (await askToGoOn(face.context, 'Run it?', spend))) return;
  throw tooCostly(spend, '--max-cost USD, or accept the estimate with --accept USD');
}
