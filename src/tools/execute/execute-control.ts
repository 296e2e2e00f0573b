import type { Json, JsonObject } from '../../protocol/messages.ts';
import type { Estimate } from '../../runner/contract/estimate.ts';
import type { BatchTuning } from '../../runner/contract/options.ts';
import type { BatchReport } from '../../runner/contract/report.ts';
import type { ResumeRequest, RetryRequest } from '../../runner/contract/request.ts';
import { spendingOfRest } from '../../runner/intake/spending.ts';
import type { Runner } from '../../runner/runner.ts';
import { isSettled } from '../show/batch-report.ts';
import { askFirst, neededConfirmation, type SpendingParts } from './confirm-spending.ts';
import { describeBatch, type ExecuteOutput } from './execute-output.ts';

/** The parts that actions on an existing batch require. */
export interface ControlParts extends SpendingParts {
  runner: Runner;
}

/** One action on an existing batch, with what determines its spending. */
interface Spending {
  action: ExecuteOutput['action'];
  before: BatchReport;
  estimate: Estimate | null;
  limits: BatchTuning;
  /** What the person agrees to, besides the action and the batch. */
  subject: JsonObject;
  token: string | undefined;
}

/** Either the batch after the action, or the answer that asks for a confirmation first. */
export type Controlled = { report: BatchReport } | { answer: ExecuteOutput };

/** Resumes a paused batch. */
export async function resumeBatch(
  batchId: string,
  { change, token }: { change: ResumeRequest; token: string | undefined },
  parts: ControlParts,
): Promise<Controlled> {
  const before = await parts.runner.report(batchId);
  const { resend_lost: _, ...limits } = change;
  // A batch in progress may have lost its process: then it only needs a process that drives it.
  if (!isSettled(before) && Object.keys(limits).length === 0) return { report: before };
  if (before.status === 'paused') {
    const subject = { change: { ...change }, counts: before.counts };
    const spending = { before, estimate: before.estimate_rest, limits, subject, token };
    const answer = ask({ action: 'resume', ...spending }, parts);
    if (answer !== undefined) return { answer };
  }
  return { report: await parts.runner.resume(batchId, change) };
}

/** Runs failed rows again. */
export async function retryBatch(
  batchId: string,
  { request, token }: { request: RetryRequest; token: string | undefined },
  parts: ControlParts,
): Promise<Controlled> {
  const { estimate } = await parts.runner.planRetry(batchId, request);
  const before = await parts.runner.report(batchId);
  const subject = { request: { ...request }, counts: before.counts };
  const { codes: _, model: __, ...limits } = request;
  const answer = ask({ action: 'retry', before, estimate, limits, subject, token }, parts);
  return answer === undefined ? { report: await parts.runner.retry(batchId, request) } : { answer };
}

/** Changes a batch in progress; a higher cap is more spending. */
export async function setBatch(
  batchId: string,
  { limits, token }: { limits: BatchTuning; token: string | undefined },
  parts: ControlParts,
): Promise<Controlled> {
  const before = await parts.runner.report(batchId);
  const cap = before.options.max_cost_usd;
  const raises = limits.max_cost_usd !== undefined && cap !== null && limits.max_cost_usd > cap;
  if (raises) {
    const spending = { before, estimate: before.estimate_rest, limits, subject: { limits: { ...limits } }, token };
    const answer = ask({ action: 'set', ...spending }, parts);
    if (answer !== undefined) return { answer };
  }
  return { report: await parts.runner.set(batchId, limits) };
}

function ask(spending: Spending, parts: ControlParts): ExecuteOutput | undefined {
  const { action, before, estimate, limits, subject, token } = spending;
  const cap = limits.max_cost_usd ?? before.options.max_cost_usd ?? undefined;
  const expected = spendingOfRest(estimate, before, cap);
  const request: Json = { action, batch_id: before.batch_id, ...subject };
  const needed = neededConfirmation(request, expected, { ...parts, token });
  return needed === undefined ? undefined : askFirst({ ...describeBatch(action, before), estimate }, needed);
}
