import * as z from 'zod';
import type { ToolContext } from '../agent/tool.ts';
import { toAppError } from '../errors.ts';
import type { BatchPlan, BatchReport, BatchRequest, Runner } from '../runner/runner.ts';
import { parseAgentName } from './agent-name.ts';
import { isSettled, nextStepFor, summarizeBatch } from './batch-report.ts';
import { defineTool } from './define-tool.ts';
import { estimateInAnswer, inWords, problemInAnswer } from './estimate-in-answer.ts';
import { executeInput } from './execute-arguments.ts';
import { mappingInAnswer, toMappingInAnswer, toOutputMapping } from './mapping-arguments.ts';
import type { OrchestratorTool } from './orchestrator-tool.ts';
import { requireSourceUri } from './table-source.ts';

const output = z.object({
  summary: z.string().describe('What happened, in one sentence.'),
  next_step: z.string().describe('What to do next.'),
  action: z.enum(['start', 'resume', 'cancel']).describe('The action that was asked for.'),
  dry_run: z.boolean().describe('Whether this was only a check.'),
  started: z.boolean().describe('Whether a batch was started by this call.'),
  batch_id: z.string().nullable().describe('The batch; null after a dry run.'),
  status: z.string().nullable().describe('The state of the batch; null after a dry run.'),
  row_count: z.number().nullable().describe('How many rows; null while unknown.'),
  agent: z.string().nullable().describe('The agent, as name@version; null when it was not found.'),
  model: z.string().nullable().describe('The model of the agent.'),
  stand_in: z.string().nullable().describe('What the model really is when it is a stand-in; null for a real one.'),
  input_mapping: mappingInAnswer.nullable().describe('The mapping that is used; null when it is not told here.'),
  output_columns: z
    .array(z.string())
    .nullable()
    .describe("The output table's columns after the source's own; null when they are not told here."),
  estimate: estimateInAnswer.nullable().describe('What the batch may cost and take; null when it is not told here.'),
  problems: z.array(problemInAnswer).describe('Every reason why it can not run; only after a dry run.'),
  warnings: z.array(z.string()).describe('What is odd without stopping the work.'),
  output_uri: z.string().nullable().describe('The output table; null until it is written.'),
});

type Output = z.input<typeof output>;
type Arguments = z.output<typeof executeInput>;

/** `onBatchReady` makes sure that some process drives the batches that are ready to go. */
export interface ExecuteParts {
  runner: Runner;
  onBatchReady: () => Promise<void>;
}

/** `execute_batch_processor`: starts, resumes and cancels batches. It never waits for one. */
export function createExecuteTool(parts: ExecuteParts): OrchestratorTool {
  return defineTool({
    name: 'execute_batch_processor',
    title: 'Run an agent over a table',
    description:
      'Starts a batch that runs a target agent over every row of a table, and answers at once with its id; or resumes a paused batch or cancels one. With options.dry_run it validates and estimates the cost, and starts nothing. Starting spends money: use dry_run first, show the person the mapping and the estimate, and start only when their wish is clear. Then call monitor_batch_execution.',
    hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true },
    // The call's own idempotency key stands in where none is given, so a repeated call starts one batch.
    idempotent: true,
    input: executeInput,
    output,
    async run(args, context) {
      switch (args.action) {
        case 'start':
          if (args.options?.dry_run !== true) return start(args, parts, context);
          return describePlan(await parts.runner.plan(toRequest(args, undefined)));
        case 'resume':
          return resume(args, parts, context);
        case 'cancel':
          return cancel(args, parts, context);
      }
    },
  });
}

async function start(args: Arguments, parts: ExecuteParts, context: ToolContext): Promise<Output> {
  const key = args.options?.idempotency_key ?? `call:${context.idempotencyKey}`;
  const { report, started, plan } = await parts.runner.create(toRequest(args, key));
  const described = await describeReady('start', report, parts, context);
  return {
    ...described,
    summary: started
      ? `Batch ${report.batch_id} is started with ${report.agent}: ${inWords(plan.estimate)}.`
      : `This batch was started before with the same idempotency key. ${summarizeBatch(report)}`,
    started,
    row_count: plan.row_count ?? described.row_count,
    input_mapping: toMappingInAnswer(plan.input_mapping),
    output_columns: plan.output_columns,
    estimate: plan.estimate,
    warnings: [...new Set([...plan.warnings, ...described.warnings])],
  };
}

async function resume(args: Arguments, parts: ExecuteParts, context: ToolContext): Promise<Output> {
  const { batch_id = '', options = {} } = args;
  const change = {
    ...(options.max_cost_usd === undefined ? {} : { max_cost_usd: options.max_cost_usd }),
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
  };
  const before = await parts.runner.report(batch_id);
  // One that is under way may have lost its process: then it only needs somebody to drive it.
  const isWaiting = !isSettled(before) && Object.keys(change).length === 0;
  const report = isWaiting ? before : await parts.runner.resume(batch_id, change);
  return describeReady('resume', report, parts, context);
}

async function cancel(args: Arguments, parts: ExecuteParts, context: ToolContext): Promise<Output> {
  // Without an owner its table is still to be written, by whoever drives it next.
  return describeReady('cancel', await parts.runner.cancel(args.batch_id ?? ''), parts, context);
}

/**
 * Describes a batch after it was made sure that somebody drives it. A batch that is stored and that nobody drives is
 * not lost: it is told as a warning instead of failing the call.
 */
async function describeReady(
  action: Output['action'],
  report: BatchReport,
  { onBatchReady }: ExecuteParts,
  { log }: ToolContext,
): Promise<Output> {
  const described = describe(action, report);
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

function toRequest(args: Arguments, idempotencyKey: string | undefined): BatchRequest {
  const { target, input_mapping, output_uri, options = {} } = args;
  const { dry_run: _, idempotency_key: __, ...limits } = options;
  const outputMapping = toOutputMapping(args.output_mapping);
  const { name, version } = parseAgentName(target?.name ?? '', target?.version);
  return {
    csv_uri: requireSourceUri(args),
    target: { type: 'agent', name, ...(version === undefined ? {} : { version }) },
    ...(input_mapping === undefined ? {} : { input_mapping }),
    ...(outputMapping === undefined ? {} : { output_mapping: outputMapping }),
    ...(output_uri === undefined ? {} : { output_uri }),
    options: {
      ...(limits.concurrency === undefined ? {} : { concurrency: limits.concurrency }),
      ...(limits.sample === undefined ? {} : { sample: limits.sample }),
      ...(limits.max_cost_usd === undefined ? {} : { max_cost_usd: limits.max_cost_usd }),
      ...(limits.tolerated_failure_percent === undefined
        ? {}
        : { tolerated_failure_percent: limits.tolerated_failure_percent }),
      ...(idempotencyKey === undefined ? {} : { idempotency_key: idempotencyKey }),
    },
  };
}

function describe(action: Output['action'], report: BatchReport): Output {
  return {
    summary: summarizeBatch(report),
    next_step: nextStepFor(report),
    action,
    dry_run: false,
    started: false,
    batch_id: report.batch_id,
    status: report.status,
    row_count: report.counts.total > 0 ? report.counts.total : null,
    agent: report.agent,
    model: report.model,
    stand_in: report.stand_in,
    input_mapping: null,
    output_columns: null,
    estimate: null,
    problems: [],
    warnings: report.warnings,
    output_uri: report.output_uri,
  };
}

function describePlan(plan: BatchPlan): Output {
  const fits = plan.problems.length === 0;
  const reasons = plan.problems.length === 1 ? 'one reason' : `${plan.problems.length} reasons`;
  return {
    summary: fits
      ? `Nothing was started. The batch can run: ${inWords(plan.estimate)}.`
      : `Nothing was started. The batch can not run, for ${reasons}; see problems.`,
    next_step: fits
      ? 'Show the person the mapping and the estimate. When they agree, call again without dry_run.'
      : 'Correct what problems says, or tell the person; validate_agent_compatibility proposes a mapping.',
    action: 'start',
    dry_run: true,
    started: false,
    batch_id: null,
    status: null,
    row_count: plan.row_count,
    agent: plan.agent === null ? null : `${plan.agent.name}@${plan.agent.version}`,
    model: plan.agent === null ? null : `${plan.agent.model.provider}/${plan.agent.model.model}`,
    stand_in: null,
    input_mapping: toMappingInAnswer(plan.input_mapping),
    output_columns: plan.output_columns,
    estimate: plan.estimate,
    problems: plan.problems,
    warnings: plan.warnings,
    output_uri: null,
  };
}
