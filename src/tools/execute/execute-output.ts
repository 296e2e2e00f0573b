import * as z from 'zod';
import { dollars } from '../../base/figures.ts';
import { problem } from '../../runner/contract/problem.ts';
import { estimate } from '../../runner/contract/report/estimate.ts';
import { type BatchPlan, continuationPlan, execution } from '../../runner/contract/report/plan.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import { inputMapping } from '../../runner/contract/request/mapping.ts';
import { processedQueue } from '../../runner/contract/service/job.ts';
import { nextStepFor, summarizeBatch } from '../show/batch-report.ts';
import { scheduleInAnswer } from '../show/describe-schedules.ts';
import { inWords } from '../show/estimate-in-words.ts';

/** The answer of `execute_batch_processor`. */
export const executeOutput = z.object({
  summary: z.string().describe('What happened, in one sentence.'),
  next_step: z.string().describe('What to do next.'),
  action: z
    .enum([
      'start',
      'pause',
      'resume',
      'cancel',
      'retry',
      'set',
      'enqueue',
      'process',
      'schedule',
      'trigger',
      'unschedule',
    ])
    .describe('The action that was asked for.'),
  dry_run: z.boolean().describe('Whether this was only a check.'),
  started: z.boolean().describe('Whether a batch was started by this call.'),
  batch_id: z.string().nullable().describe('The batch; null when none was started.'),
  status: z.string().nullable().describe('The state of the batch; null when none was started.'),
  row_count: z.number().nullable().describe('How many rows; null while unknown.'),
  agent: z.string().nullable().describe('The agent, as name@version; null when it was not found.'),
  model: z.string().nullable().describe('The model of the agent.'),
  stand_in: z.string().nullable().describe('The kind of stand-in that replaces the model; null for a real model.'),
  input_mapping: inputMapping.nullable().describe('The mapping that is used; null when it is not reported here.'),
  output_columns: z
    .array(z.string())
    .nullable()
    .describe(
      "The columns that the output table adds to the source's columns, or the fields of the answers where documents are written; null when they are not reported here.",
    ),
  continuation: continuationPlan
    .nullable()
    .describe('What is kept of the earlier batch; null when nothing is continued, or it is not reported here.'),
  needs_confirmation: z
    .object({
      confirmation_token: z
        .string()
        .describe('Send it with the same arguments after the person has agreed; it is valid for one action, once.'),
      confirm_command: z
        .string()
        .nullable()
        .describe('The command by which the person agrees in a terminal; null in a conversation, where they say yes.'),
      confirm_page: z
        .string()
        .nullable()
        .describe('The page of rowmill serve on which the person agrees instead; null in a conversation.'),
      title: z.string().describe('What the person agrees to.'),
      expires_at: z.string().describe('ISO 8601; from then on another token is needed.'),
      expected_usd: z
        .number()
        .nullable()
        .describe('The cost in dollars, at the high end of the estimate; null when unknown.'),
      limit_usd: z.number().describe('A person has to agree to a higher cost than this, in dollars; 0: to any.'),
      reason: z.string().describe('Why a person has to agree.'),
    })
    .nullable()
    .describe('Set when nothing was done because a person has to agree to the cost first; null otherwise.'),
  estimate: estimate
    .nullable()
    .describe('The estimated cost and duration of the batch; null when it is not reported here.'),
  execution: execution
    .nullable()
    .describe('How its rows run, and the estimates of both modes; null when it is not reported here.'),
  problems: z.array(problem).describe('Every reason why it can not run; only after a dry run.'),
  warnings: z.array(z.string()).describe('Irregularities that do not prevent a batch.'),
  output_uri: z.string().nullable().describe('The output table; null until it is written.'),
  jobs: z
    .object({
      enqueued: z.array(z.string()).describe('The ids of the jobs that wait now.'),
      processed: z.array(processedQueue).describe('What processing started, by queue, and what it did not start.'),
    })
    .nullable()
    .describe('The jobs, after enqueue and process; null after every other action.'),
  schedule: scheduleInAnswer.optional().describe('The schedule, after schedule, trigger and unschedule.'),
});

export type ExecuteOutput = z.input<typeof executeOutput>;

/** A batch, after an action on it. */
export function describeBatch(action: ExecuteOutput['action'], report: BatchReport): ExecuteOutput {
  return {
    summary: summarizeBatch(report),
    next_step: nextStepFor(report),
    action,
    dry_run: false,
    started: false,
    batch_id: report.batch_id,
    status: report.status,
    row_count: report.counts.total === 0 ? null : report.counts.total,
    agent: report.agent,
    model: report.model,
    stand_in: report.stand_in,
    input_mapping: null,
    output_columns: null,
    continuation: null,
    needs_confirmation: null,
    estimate: report.estimate_rest,
    execution: null,
    problems: [],
    warnings: report.warnings,
    output_uri: report.output_uri,
    jobs: null,
  };
}

/** An answer that is about no single batch; what it says is added. */
export function describeNoBatch(action: ExecuteOutput['action']): ExecuteOutput {
  return {
    ...{ summary: '', next_step: '', action, dry_run: false, started: false, batch_id: null, status: null },
    ...{ row_count: null, agent: null, model: null, stand_in: null, input_mapping: null, output_columns: null },
    ...{ continuation: null, needs_confirmation: null, estimate: null, execution: null, problems: [], warnings: [] },
    output_uri: null,
    jobs: null,
  };
}

function throughBatchApi(plan: BatchPlan): string {
  const shares = plan.execution?.shares ?? [];
  const isAll = plan.execution?.executor === 'batch-api';
  if (plan.execution === null || shares.every(({ executor }) => executor !== 'batch-api')) return '';
  const { cost_usd: cost } = plan.execution.realtime;
  const full = shares.filter(({ executor }) => executor === 'realtime');
  const other = cost === null ? '' : `; in real time it would be about ${dollars(cost.expected)}`;
  const rows = full.map(({ rows, why, cost_usd }) => `${rows ?? 'some'} rows (${why}) about ${dollars(cost_usd)}`);
  const part = rows.length === 0 ? '' : `; at the full price ${rows.join(', ')}`;
  return `, ${isAll ? '' : 'the rest '}through the batch API, which takes up to a day${part}${other}`;
}

/** The plan of a start. */
export function describePlan(plan: BatchPlan): ExecuteOutput {
  const fits = plan.problems.length === 0;
  const reasons = plan.problems.length === 1 ? 'one reason' : `${plan.problems.length} reasons`;
  return {
    summary: fits
      ? `Nothing was started. The batch can run: ${inWords(plan.estimate)}${throughBatchApi(plan)}.`
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
    input_mapping: plan.input_mapping,
    output_columns: plan.output_columns,
    continuation: plan.continuation,
    needs_confirmation: null,
    estimate: plan.estimate,
    execution: plan.execution,
    problems: plan.problems,
    warnings: plan.warnings,
    output_uri: null,
    jobs: null,
  };
}
