import * as z from 'zod';
import { count, counted, dollars, duration } from '../../base/figures.ts';
import { type BatchReport, batchReport as contract } from '../../runner/contract/report/report.ts';
import { providerJobText } from '../../runner/output/provider-job-report.ts';
import { reachedDayCap } from '../../storage/spending.ts';
import { inWords } from './estimate-in-words.ts';

const { usage: _usage, next_step: _nextStep, ...shown } = contract.shape;

/** A batch in a tool's answer: the report with short names of tokens, and with the next step in terms of the tools. */
export const batchReport = {
  ...shown,
  provider_jobs: shown.provider_jobs.describe(`${shown.provider_jobs.description} Only the last twenty.`),
  tokens: z
    .object({
      input: z.number().describe('Input tokens that were not cached.'),
      output: z.number().describe('Output tokens.'),
      cache_write: z.number().describe('Tokens written to the prompt cache.'),
      cache_read: z.number().describe('Tokens read from the prompt cache.'),
    })
    .describe('Tokens so far, failed attempts included.'),
};

type BatchInAnswer = z.input<z.ZodObject<typeof batchReport>>;

/** The runner's report as {@link batchReport} describes it. */
export function toBatchInAnswer(report: BatchReport): BatchInAnswer {
  const { usage, next_step: _, ...rest } = report;
  return {
    ...rest,
    provider_jobs: report.provider_jobs.slice(-20),
    tokens: {
      input: usage.inputTokens,
      output: usage.outputTokens,
      cache_write: usage.cacheWriteTokens,
      cache_read: usage.cacheReadTokens,
    },
  };
}

/** Whether the batch is at rest: it has ended or is paused. */
export function isSettled(report: BatchReport): boolean {
  return ['completed', 'failed', 'cancelled', 'paused'].includes(report.status);
}

/** The batch in one sentence, without any content of cells. */
export function summarizeBatch(report: BatchReport): string {
  const { counts } = report;
  const done = counts.succeeded + counts.failed;
  const paused = report.pause_reason === null ? '' : ` (${report.pause_reason})`;
  const parts = [
    `Batch ${report.batch_id} is ${report.status}${report.unattended ? ', but no process runs it' : ''}${paused}: ${count(done)}${counts.total === null ? '' : ` of ${count(counts.total)}`} rows done, ${count(counts.succeeded)} succeeded and ${count(counts.failed)} failed`,
  ];
  if (report.status === 'running' && report.rows_per_second !== null) {
    const eta = report.eta_seconds === null ? '' : `, about ${duration(report.eta_seconds)} left`;
    parts.push(`${count(report.rows_per_second)} rows a second${eta}`);
  }
  const open = report.provider_jobs.filter(({ stage }) => stage !== 'ended');
  if (open.length > 0 && report.status !== 'aggregating') {
    const texts = open.slice(0, 3).map((job) => providerJobText(job) ?? '');
    parts.push(`${counted(open.length, 'provider job')} open (${texts.join('; ')}${open.length > 3 ? '; …' : ''})`);
  }
  parts.push(report.cost_usd === null ? 'cost unknown' : `cost so far ${dollars(report.cost_usd)}`);
  return `${parts.join('; ')}.`;
}

/** What to do next about a batch, in terms of the five tools. */
export function nextStepFor(report: BatchReport): string {
  switch (report.status) {
    case 'collecting':
      return 'Its rows are appended over HTTP. Tell the person that it does not run before it is started there.';
    case 'created':
    case 'validating':
    case 'loading':
    case 'running':
    case 'aggregating':
      return 'Call monitor_batch_execution with this batch_id and wait_seconds up to 45 until it has ended.';
    case 'paused':
      return nextStepWhenPaused(report);
    case 'completed':
      return report.counts.failed > 0
        ? 'Tell the person where the output table is and how many rows failed and why; get_batch_results with status FAILED shows them, and execute_batch_processor with action "retry" runs them again if the person wishes it.'
        : 'Tell the person where the output table is; get_batch_results shows rows.';
    case 'failed':
      return report.error === null
        ? 'Tell the person that too many rows failed; get_batch_results with status FAILED shows them.'
        : 'Tell the person what error says and how to fix it.';
    case 'cancelled':
      return 'Tell the person that the batch is cancelled and where the rows done so far are: output_uri, or get_batch_results. Action "retry" would run the others, if the person wishes it.';
  }
}

function nextStepWhenPaused(report: BatchReport): string {
  const resume = 'execute_batch_processor with action "resume" and this batch_id';
  switch (report.pause_reason) {
    case 'sample':
      return `Show the person the sample by get_batch_results, and what the rest may cost (${inWords(report.estimate_rest)}); when they agree, ${resume} runs the rest, and action "cancel" leaves it.`;
    case 'budget':
      if (report.error !== null && reachedDayCap(report.error) !== undefined) {
        return `Tell the person what error says, and that the rows done are kept. On another day, or when the cap of the day is higher, ${resume} continues it.`;
      }
      return `Tell the person that max_cost_usd is reached and the rows done are kept. When they allow more, ${resume} and a higher options.max_cost_usd continues it.`;
    case 'fatal':
      return `Tell the person what error says. Once it is fixed or the person accepts it, ${resume} continues it.`;
    case 'user':
    case 'interrupted':
    case null:
      return `When the person wishes it, ${resume} continues where it stopped; answered calls are not paid for again.`;
  }
}
