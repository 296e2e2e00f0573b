import * as z from 'zod';
import type { ToolContext } from '../agent/tool.ts';
import { AppError } from '../base/errors.ts';
import { count, counted } from '../base/figures.ts';
import { strict } from '../base/schema/strict-object.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Monitoring } from '../monitoring/monitoring.ts';
import type { BatchReport } from '../runner/contract/report/report.ts';
import { period } from '../runner/contract/report/usage.ts';
import { type QueueReport, queueReport } from '../runner/contract/service/job.ts';
import type { Runner } from '../runner/runner.ts';
import type { Schedules } from '../schedules/schedules.ts';
import { defineTool } from './define-tool.ts';
import type { OrchestratorTool } from './orchestrator-tool.ts';
import { batchReport, isSettled, nextStepFor, summarizeBatch, toBatchInAnswer } from './show/batch-report.ts';
import { describeSchedules, scheduleInAnswer } from './show/describe-schedules.ts';
import { describeAlerts, describeReport, describeSavings, serviceOutput } from './show/describe-service.ts';
import { resultsResource } from './show/resource-uris.ts';

const input = strict({
  batch_id: z
    .string()
    .min(1, 'must name a batch')
    .optional()
    .describe('The batch, as execute_batch_processor gave it: bat_…; for the subject batch.'),
  subject: z
    .enum(['batch', 'queues', 'schedules', 'savings', 'report', 'alerts'])
    .default('batch')
    .describe(
      'batch (the default): one batch. queues: the jobs that wait, by agent. schedules: what is started by itself, when, and how the last runs ended. savings, report: what a period cost and saved. alerts: what is wrong.',
    ),
  from: period.from.describe('For savings and report: the start, ISO 8601; 30 days before the end by default.'),
  to: period.to.describe('For savings and report: the end; now by default.'),
  wait_seconds: z
    .number()
    .min(0)
    .max(45, 'must be at most 45, because clients give up on longer calls; call again to wait longer')
    .default(0)
    .describe('How long to wait for the batch to end or pause, from 0 (answer immediately) to 45 seconds.'),
});

const output = z.object({
  summary: z.string().describe('The batch in one sentence.'),
  next_step: z.string().describe('What to do next.'),
  finished: z.boolean().describe('Whether the batch has ended or is paused, so that further waiting is useless.'),
  ...z.object(batchReport).partial().shape,
  results_resource: z.string().nullable().describe('The resource that holds the output table; null before the end.'),
  queues: z.array(queueReport).nullable().describe('The queues with waiting jobs; null for a batch.'),
  schedules: z.array(scheduleInAnswer).optional().describe('For the subject schedules.'),
  ...serviceOutput,
});

const UNATTENDED =
  'No process runs this batch. When the person wishes it, execute_batch_processor with action "resume" and this batch_id continues where it stopped; or the person resumes it in a terminal (rowmill batches resume), or starts "rowmill serve", which continues it.';

/** What waiting needs: a sleep that rejects when its signal fires. */
export interface MonitorParts {
  runner: Runner;
  jobs: Jobs;
  monitoring: Monitoring;
  schedules: Schedules;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** `monitor_batch_execution`: the state of a batch, optionally after a wait. Aborting ends the wait, not the batch. */
export function createMonitorTool({ runner, jobs, monitoring, schedules, sleep }: MonitorParts): OrchestratorTool {
  return defineTool({
    name: 'monitor_batch_execution',
    title: 'Watch a batch',
    description:
      'Reports the state of a batch: status, rows done and failed, rates, time left, tokens, cost, failures grouped by code with one example each, and where the output table is. With wait_seconds it waits until the batch ends or pauses, or the time is up. Use it after execute_batch_processor, repeatedly until finished is true. Other subjects report the jobs that wait, schedules, savings, costs and alerts. It changes nothing.',
    hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    idempotent: true,
    timeoutMs: 60_000,
    input,
    output,
    async run({ batch_id, subject, wait_seconds, ...times }, context) {
      if (subject === 'queues') return describeQueues(await jobs.queues());
      if (subject === 'schedules') return describeSchedules(await schedules.list());
      if (subject === 'savings') return describeSavings(await monitoring.savings({ by: 'agent', ...times }));
      if (subject === 'report') return describeReport(await monitoring.report(times));
      if (subject === 'alerts') return describeAlerts(await monitoring.alerts({ state: 'open', limit: 50 }));
      if (batch_id === undefined) throw new AppError('invalid_arguments', 'The subject batch needs its batch_id.');
      const report = await waitForRest(batch_id, wait_seconds * 1000, context);
      const ended = report.ended_at !== null && report.output_uri !== null;
      return {
        summary: summarizeBatch(report),
        next_step: report.unattended ? UNATTENDED : nextStepFor(report),
        finished: isSettled(report),
        ...toBatchInAnswer(report),
        results_resource: ended ? resultsResource(batch_id) : null,
        queues: null,
      };
    },
  });

  async function waitForRest(batchId: string, waitMs: number, context: ToolContext): Promise<BatchReport> {
    const tell = progressTeller(context);
    const first = await runner.report(batchId);
    tell(first);
    if (isSettled(first) || waitMs === 0) return first;
    const over = new AbortController();
    const signal = AbortSignal.any([context.signal, over.signal]);
    const timeUp = sleep(waitMs, signal).then(() => over.abort(), ignoreAborted(signal));
    try {
      for await (const report of runner.watch(batchId, signal)) {
        tell(report);
        if (isSettled(report)) return report;
      }
    } finally {
      over.abort();
      await timeUp;
    }
    // The last watched report may be out of date.
    return runner.report(batchId);
  }
}

function describeQueues(queues: QueueReport[]) {
  const waiting = queues.reduce((sum, queue) => sum + queue.waiting, 0);
  const broken = queues.filter(({ problem }) => problem !== null).length;
  const faults = broken === 0 ? '' : `; ${counted(broken, 'queue')} can not be processed now`;
  return {
    summary:
      waiting === 0
        ? 'No jobs wait.'
        : `${counted(waiting, 'job')} wait in ${counted(queues.length, 'queue')}${faults}.`,
    next_step: 'Tell the person. execute_batch_processor with action "process" runs them, if the person wishes it.',
    finished: true,
    results_resource: null,
    queues,
  };
}

function ignoreAborted(signal: AbortSignal): (thrown: unknown) => void {
  return (thrown) => {
    if (!signal.aborted) throw thrown;
  };
}

/** Reports progress when more rows are done than at the last call: progress may only grow. */
function progressTeller({ onProgress }: ToolContext): (report: BatchReport) => void {
  let reported = -1;
  return ({ status, counts }) => {
    const done = counts.succeeded + counts.failed;
    if (onProgress === undefined || done <= reported) return;
    reported = done;
    const of = counts.total === null ? '' : ` of ${count(counts.total)}`;
    const message = `${status}: ${count(done)}${of} rows done, ${count(counts.failed)} failed`;
    onProgress({ done, ...(counts.total !== null && counts.total > 0 ? { total: counts.total } : {}), message });
  };
}
