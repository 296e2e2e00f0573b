import type * as z from 'zod';
import { agentLabel } from '../../agent/definition.ts';
import type { ToolContext } from '../../agent/tool.ts';
import { AppError, toAppError } from '../../base/errors.ts';
import type { Jobs } from '../../jobs/jobs.ts';
import type { Json } from '../../protocol/messages.ts';
import type { BatchPlan } from '../../runner/contract/report/plan.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import { batchOptions, batchTuning } from '../../runner/contract/request/options.ts';
import { type BatchRequest, batchRequest, resumeRequest, retryRequest } from '../../runner/contract/request/request.ts';
import type { Runner } from '../../runner/runner.ts';
import type { Schedules } from '../../schedules/schedules.ts';
import { chosenTarget } from '../agent-choice.ts';
import { defineTool } from '../define-tool.ts';
import type { OrchestratorTool } from '../orchestrator-tool.ts';
import { isSettled, summarizeBatch } from '../show/batch-report.ts';
import { inWords } from '../show/estimate-in-words.ts';
import { requireSourceUri } from '../table-source.ts';
import { askFirst, neededConfirmation, notSpent, type SpendingParts } from './confirm-spending.ts';
import { executeInput, readsTable } from './execute-arguments.ts';
import { type Controlled, type ControlParts, resumeBatch, retryBatch, setBatch } from './execute-control.ts';
import { enqueue, processJobs } from './execute-jobs.ts';
import { describeBatch, describePlan, type ExecuteOutput, executeOutput } from './execute-output.ts';
import { keepSchedule, type ScheduleActionParts, stopSchedule, triggerSchedule } from './execute-schedules.ts';

type Arguments = z.output<typeof executeInput>;

/** `onBatchReady` makes sure that a process drives the batches that are ready. */
export interface ExecuteParts extends SpendingParts {
  runner: Runner;
  jobs: Jobs;
  schedules: Schedules;
  onBatchReady: () => Promise<void>;
}

/** `execute_batch_processor`: starts batches, and controls them. It never waits for one. */
export function createExecuteTool(parts: ExecuteParts): OrchestratorTool {
  return defineTool({
    name: 'execute_batch_processor',
    title: 'Run an agent over a table',
    description:
      'Starts a batch that runs a target agent over every row of a table, and answers immediately with its id; or pauses, resumes, cancels, retries or changes an existing batch; or enqueues single inputs as jobs, and processes the jobs that wait; or adds, changes, triggers and stops schedules. With options.dry_run it validates and estimates the cost, and starts nothing. Starting spends money: use dry_run first, show the person the mapping and the estimate, and start only when their wish is clear. An answer with needs_confirmation has done nothing: show the person its estimate, and call again with its confirmation_token only when they say yes. Then call monitor_batch_execution.',
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
    // Without a given idempotency key, the call's own key is used, so a repeated call starts one batch.
    idempotent: true,
    input: executeInput,
    output: executeOutput,
    async run(args, context) {
      if (args.action === 'enqueue') return enqueue(args.jobs ?? [], { ...parts, context });
      if (args.action === 'process') {
        const asked = { agent: args.queue, cap: args.options?.max_cost_usd, token: args.confirmation_token };
        const done = await processJobs(asked, { ...parts, context });
        if (done.started) await parts.onBatchReady();
        return done;
      }
      if (args.action === 'schedule' || args.action === 'trigger' || args.action === 'unschedule') {
        const done = await onSchedule(args, { ...parts, context });
        if (done.started) await parts.onBatchReady();
        return done;
      }
      if (args.action !== 'start') {
        const done = await control(args, { ...parts, context });
        return 'answer' in done ? done.answer : describeReady(args.action, done.report, parts, context);
      }
      if (args.options?.dry_run !== true) return start(args, parts, context);
      return describePlan(await parts.runner.plan(toRequest(args)));
    },
  });
}

function onSchedule(args: Arguments, parts: ScheduleActionParts): Promise<ExecuteOutput> {
  const { action, schedule, queue, options, confirmation_token: token } = args;
  // The arguments' schema refuses these actions without it.
  if (schedule === undefined) throw new AppError('internal', `The action ${action} has no schedule.`);
  if (action === 'trigger') return triggerSchedule({ name: schedule.name, token }, parts);
  if (action === 'unschedule') return stopSchedule(schedule.name, parts.schedules);
  const request = readsTable(args) ? toRequest(args) : undefined;
  return keepSchedule({ schedule, request, queue, cap: options?.max_cost_usd, token }, parts);
}

async function control(args: Arguments, parts: ControlParts): Promise<Controlled> {
  const { batch_id = '', options = {}, retry = {}, confirmation_token: token } = args;
  // The arguments' schema refuses every option that the action does not take.
  switch (args.action) {
    case 'start':
    case 'enqueue':
    case 'process':
    case 'schedule':
    case 'trigger':
    case 'unschedule':
      throw new AppError('internal', `The action ${args.action} does not control an existing batch.`);
    case 'pause':
      return { report: await parts.runner.pause(batch_id) };
    case 'cancel':
      // Without an owner, the next process that drives the batch writes its table.
      if (args.row !== undefined) return { report: await parts.runner.cancelRow(batch_id, args.row) };
      return { report: await parts.runner.cancel(batch_id) };
    case 'resume':
      return resumeBatch(batch_id, { change: resumeRequest.parse(options), token }, parts);
    case 'set':
      return setBatch(batch_id, { limits: batchTuning.parse(options), token }, parts);
    case 'retry':
      return retryBatch(batch_id, { request: retryRequest.parse({ ...retry, ...options }), token }, parts);
  }
}

async function start(args: Arguments, parts: ExecuteParts, context: ToolContext): Promise<ExecuteOutput> {
  const { confirmation_token: token } = args;
  const request = toRequest(args);
  const subject = { action: 'start', request } as unknown as Json;
  // One confirmation starts one batch, even if it is sent repeatedly.
  const own = token === undefined ? `call:${context.idempotencyKey}` : `confirmed:${token}`;
  const options = { idempotency_key: own, ...request.options };
  const key = `start:${options.idempotency_key}`;
  let asked: ExecuteOutput | undefined;
  let taken: { key: string; batchId: string } | undefined;
  try {
    const { report, started, plan } = await parts.runner.create({ ...request, options }, async (found, batchId) => {
      const title = titleOf(request, found);
      const expectedUsd = found.spending_usd;
      const spend = { request: subject, title, expectedUsd, batchId, spentUsd: 0, key, token, said: context.said };
      const needed = await neededConfirmation(spend, parts);
      if (needed === undefined) {
        taken = spend;
        return;
      }
      asked = askFirst({ ...describePlan(found), dry_run: false }, needed);
      throw new AppError('confirmation_needed', needed.reason);
    });
    if (!started && taken !== undefined) await notSpent(taken, parts);
    const described = await describeReady('start', report, parts, context);
    return {
      ...described,
      summary: started
        ? `Batch ${report.batch_id} is started with ${report.agent}: ${inWords(plan.estimate)}.`
        : `This batch was started before with the same idempotency key. ${summarizeBatch(report)}`,
      started,
      row_count: plan.row_count ?? described.row_count,
      input_mapping: plan.input_mapping,
      output_columns: plan.output_columns,
      continuation: plan.continuation,
      estimate: plan.estimate,
      execution: plan.execution,
      warnings: [...new Set([...plan.warnings, ...described.warnings])],
    };
  } catch (thrown) {
    if (asked !== undefined) return asked;
    if (taken !== undefined) await notSpent(taken, parts);
    throw thrown;
  }
}

/** What a person reads before they agree. */
function titleOf({ csv_uri: uri, options }: BatchRequest, { agent, estimate }: BatchPlan): string {
  const sample = options?.sample === undefined ? '' : `, a sample of ${options.sample}`;
  return `Start ${agent === null ? 'the agent' : agentLabel(agent)} over ${uri}: ${inWords(estimate)}${sample}`;
}

/**
 * Makes sure that a process drives the batch, then describes it. A stored batch that no process drives is not lost: the
 * answer contains a warning, and the call does not fail.
 */
async function describeReady(
  action: ExecuteOutput['action'],
  report: BatchReport,
  { onBatchReady }: ExecuteParts,
  { log }: ToolContext,
): Promise<ExecuteOutput> {
  const described = describeBatch(action, report);
  if (isSettled(report)) return described;
  try {
    await onBatchReady();
    return described;
  } catch (thrown) {
    log.error({ batchId: report.batch_id, err: thrown }, 'no process could be started to drive the batch');
    const reason = toAppError(thrown).message;
    const warning = `The batch is stored, but no process could be started to drive it (${reason}); run "rowmill serve" to drive it.`;
    return { ...described, warnings: [...described.warnings, warning] };
  }
}

/** The contract's request: every field and option of the arguments that the contract has. */
function toRequest(args: Arguments): BatchRequest {
  return batchRequest.parse({
    ...only(args, batchRequest.shape),
    csv_uri: requireSourceUri(args),
    target: chosenTarget(args),
    options: only(args.options ?? {}, batchOptions.shape),
  });
}

function only(given: object, shape: object): object {
  return Object.fromEntries(Object.entries(given).filter(([name]) => name in shape));
}
