import type { ToolContext } from '../../agent/tool.ts';
import { counted } from '../../base/figures.ts';
import type { Json, JsonObject } from '../../protocol/messages.ts';
import type { Estimate } from '../../runner/contract/report/estimate.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import type { BatchTuning } from '../../runner/contract/request/options.ts';
import type { ResumeRequest, RetryRequest } from '../../runner/contract/request/request.ts';
import { spendingOfRest } from '../../runner/intake/money/spending.ts';
import type { Runner } from '../../runner/runner.ts';
import { isSettled } from '../show/batch-report.ts';
import { askFirst, neededConfirmation, notSpent, type SpendingParts } from './confirm-spending.ts';
import { describeBatch, type ExecuteOutput } from './execute-output.ts';

/** The parts that actions on an existing batch require. */
export interface ControlParts extends SpendingParts {
  runner: Runner;
  context: Pick<ToolContext, 'idempotencyKey' | 'said'>;
}

/** One action on an existing batch, with what determines its spending. */
interface Spending {
  action: keyof typeof WORDS;
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
    return spend({ action: 'resume', ...spending }, parts, () => parts.runner.resume(batchId, change));
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
  const { codes: _, model: __, row: ___, ...limits } = request;
  const spending: Spending = { action: 'retry', before, estimate, limits, subject, token };
  return spend(spending, parts, () => parts.runner.retry(batchId, request));
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
    return spend({ action: 'set', ...spending }, parts, () => parts.runner.set(batchId, limits));
  }
  return { report: await parts.runner.set(batchId, limits) };
}

/** Carries an action out once it may spend. */
async function spend(spending: Spending, parts: ControlParts, act: () => Promise<BatchReport>): Promise<Controlled> {
  const { action, before, estimate, limits, subject, token } = spending;
  const cap = limits.max_cost_usd ?? before.options.max_cost_usd ?? undefined;
  const about = {
    request: { action, batch_id: before.batch_id, ...subject } as Json,
    title: `${WORDS[action]} the batch ${before.batch_id} of ${before.agent} (${counted(before.counts.total ?? 0, 'row')})`,
    expectedUsd: spendingOfRest(estimate, before, cap),
    batchId: before.batch_id,
    spentUsd: before.cost_usd ?? 0,
    key: `call:${parts.context.idempotencyKey}`,
    token,
    said: parts.context.said,
  };
  const needed = await neededConfirmation(about, parts);
  if (needed !== undefined) return { answer: askFirst({ ...describeBatch(action, before), estimate }, needed) };
  try {
    return { report: await act() };
  } catch (thrown) {
    await notSpent(about, parts);
    throw thrown;
  }
}

type OfNoBatch = 'enqueue' | 'process' | 'schedule' | 'trigger' | 'unschedule';

const WORDS: { [action in Exclude<ExecuteOutput['action'], OfNoBatch>]: string } = {
  start: 'Start',
  pause: 'Pause',
  resume: 'Resume',
  cancel: 'Cancel',
  retry: 'Run the failed rows again of',
  set: 'Raise the cap of',
};
