import { count, counted, dollars, duration } from '../../base/figures.ts';
import { descriptorOf } from '../../providers/catalog.ts';
import type { Estimate } from '../../runner/contract/report/estimate.ts';
import type { BatchPlan, ContinuationPlan, Execution } from '../../runner/contract/report/plan.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import type { BatchStatistics } from '../../runner/contract/report/statistics.ts';
import { providerJobText } from '../../runner/output/provider-job-report.ts';
import { inFlags } from '../arguments/option-words.ts';
import type { Output } from '../command-context.ts';
import type { Paint, Style } from '../io.ts';
import { oneLine } from './safe-text.ts';
import { statisticsFields } from './statistics-text.ts';
import { wrapText } from './word-wrap.ts';

const LABEL_WIDTH = 15;

/** The colours and the width that text is laid out for. */
export type TextLayout = Pick<Output, 'paint' | 'textWidth'>;

/** A label and its value as aligned lines, wrapped at words. */
function field({ paint, textWidth }: TextLayout, label: string, value: string): string[] {
  return wrapText(value, textWidth - LABEL_WIDTH).map((line, at) => {
    const lead = (at === 0 ? label : '').padEnd(LABEL_WIDTH);
    return paint('dim', lead) + line;
  });
}

type StatusReport = Pick<BatchReport, 'status' | 'pause_reason' | 'unattended'>;

/** `paused (budget)`, or `running (no process runs it)`. */
export function statusWords({ status, pause_reason, unattended }: StatusReport): string {
  if (unattended) return `${status} (no process runs it)`;
  return pause_reason === null ? status : `${status} (${pause_reason})`;
}

/** `paused (budget)`, in the colour of the status. */
function statusText(report: StatusReport, paint: Paint): string {
  const style: { [status in BatchReport['status']]?: Style } = {
    completed: 'green',
    failed: 'red',
    cancelled: 'yellow',
    paused: 'yellow',
  };
  return paint(report.unattended ? 'yellow' : (style[report.status] ?? 'cyan'), statusWords(report));
}

/** `anthropic/claude-haiku-5-5`; for a stand-in its description, because its name is only a path. */
function modelText(report: Pick<BatchReport, 'model' | 'stand_in'>): string {
  return report.stand_in ?? report.model;
}

/**
 * A batch in a few lines: status, counts, cost, grouped failures, location of the table, next step. `limits` adds the
 * options that `set` changes, `statistics` how long rows took and what was answered.
 */
export function reportLines(
  report: BatchReport,
  layout: TextLayout & { limits?: boolean; statistics?: BatchStatistics },
): string[] {
  const { paint } = layout;
  const { total, succeeded, failed, queued, running } = report.counts;
  const failures = failed > 0 ? paint('red', `${count(failed)} failed`) : `${count(failed)} failed`;
  const rest = report.status === 'cancelled' || report.status === 'failed' ? 'not run' : 'remaining';
  const open = queued + running > 0 ? `, ${count(queued + running)} ${rest}` : '';
  const lines = [
    ...field(layout, 'batch', `${report.batch_id}  ${statusText(report, paint)}`),
    ...(report.name === null ? [] : field(layout, 'name', oneLine(report.name))),
    ...field(layout, 'agent', `${oneLine(report.agent)}  ${paint('dim', oneLine(modelText(report)))}`),
    ...field(
      layout,
      'rows',
      `${total === null ? 'unknown' : count(total)}: ${count(succeeded)} succeeded, ${failures}${open}${secondsOf(report)}`,
    ),
    ...(report.continues === null
      ? []
      : field(
          layout,
          'continues',
          `${report.continues.batch_id}: ${counted(report.continues.kept_rows, 'row')} kept from it`,
        )),
    ...field(layout, 'cost', `${costText(report)}  ${paint('dim', callsText(report))}`),
  ];
  for (const [at, line] of jobTexts(report).entries())
    lines.push(...field(layout, at === 0 ? 'provider jobs' : '', line));
  for (const [at, line] of billTexts(report).entries()) lines.push(...field(layout, at === 0 ? 'bill' : '', line));
  for (const [label, text] of statisticsFields(layout.statistics)) lines.push(...field(layout, label, text));
  if (layout.limits === true) lines.push(...field(layout, 'limits', limitsText(report)));
  // The next step after a sample says it.
  const isSaid = report.pause_reason === 'sample';
  if (!isSaid && report.estimate_rest !== null && report.estimate_rest.cost_usd?.expected !== 0) {
    lines.push(...field(layout, 'remaining', estimateText(report.estimate_rest, paint)));
  }
  if (report.error !== null) {
    lines.push(
      ...field(layout, 'reason', `${oneLine(inFlags(report.error.message))} ${paint('dim', `(${report.error.code})`)}`),
    );
  }
  for (const [at, group] of report.failures.entries()) {
    const example = `e.g. row ${group.example.row}: ${oneLine(group.example.message)}`;
    lines.push(...field(layout, at === 0 ? 'failures' : '', `${count(group.count)} × ${group.code}, ${example}`));
  }
  for (const [at, warning] of [...new Set(report.warnings)].entries()) {
    lines.push(...field(layout, at === 0 ? 'warnings' : '', oneLine(inFlags(warning))));
  }
  if (report.output_uri !== null) lines.push(...field(layout, 'table', oneLine(report.output_uri)));
  if (report.next_step !== '') lines.push(...field(layout, 'next', oneLine(report.next_step)));
  const failure = report.failures[0];
  if (failure !== undefined) {
    lines.push(...field(layout, 'inspect', paint('cyan', `rowmill batches rows ${report.batch_id} --status failed`)));
    lines.push(...field(layout, '', paint('cyan', `rowmill batches trace ${report.batch_id} ${failure.example.row}`)));
  }
  return lines;
}

function secondsOf(report: BatchReport): string {
  if (report.started_at === null || report.ended_at === null) return '';
  return ` in ${duration((Date.parse(report.ended_at) - Date.parse(report.started_at)) / 1000)}`;
}

/** The options that `set` changes: `10 rows concurrently, at most $5.00, priority 5 of 10`. */
function limitsText({ options }: BatchReport): string {
  const cap = options.max_cost_usd === null ? 'no cap on cost' : `at most ${dollars(options.max_cost_usd)}`;
  const set = [
    ...(options.call_timeout_s === null ? [] : [`${duration(options.call_timeout_s)} a call`]),
    ...(options.timeout_s === null ? [] : [`${duration(options.timeout_s)} a row`]),
    ...(options.max_sends === null ? [] : [`each call sent at most ${counted(options.max_sends, 'time')}`]),
  ];
  const always = [`${counted(options.concurrency, 'row')} concurrently`, cap, `priority ${options.priority} of 10`];
  return [...always, ...set].join(', ');
}

function costText(report: BatchReport): string {
  const exact = dollars(report.cost_usd);
  const worst = report.cost_usd_at_most;
  return report.cost_usd === null || worst === null || worst <= report.cost_usd
    ? exact
    : `${exact} (at most ${dollars(worst)} with calls that got no answer)`;
}

/** `12 answered from the cache (saved $0.01)`, or nothing. */
function cachedText({ cached_calls: calls, saved_usd: saved }: BatchReport): string {
  return calls === 0 ? '' : `, ${count(calls)} answered from the cache (saved ${dollars(saved)})`;
}

/** The cost by kind of token, by outcome, and by model if there are several; empty if there is no cost. */
function billTexts({ bill, cost_usd }: BatchReport): string[] {
  if (cost_usd === 0 || bill.models.length === 0) return [];
  const kinds = [
    ['input', bill.input],
    ['output', bill.output],
    ['cache write', bill.cache_write],
    ['cache read', bill.cache_read],
  ] as const;
  const tokens = kinds.flatMap(([name, { tokens, cost_usd }]) =>
    tokens === 0 ? [] : [`${name} ${dollars(cost_usd)} for ${count(tokens)} tokens`],
  );
  const { succeeded, failed, unfinished_cost_usd: unfinished } = bill;
  const outcomes = [
    `${counted(succeeded.attempts, 'attempt')} that succeeded ${dollars(succeeded.cost_usd)}`,
    ...(failed.attempts === 0 ? [] : [`${count(failed.attempts)} that failed ${dollars(failed.cost_usd)}`]),
    ...(unfinished === 0 || unfinished === null ? [] : [`not finished ${dollars(unfinished)}`]),
  ];
  const models = bill.models.map(
    ({ model, calls, cost_usd }) => `${model} ${dollars(cost_usd)} (${counted(calls, 'call')})`,
  );
  return [tokens.join(', '), outcomes.join(', '), ...(models.length > 1 ? [models.map(oneLine).join(', ')] : [])];
}

const OPEN = ['creating', 'open'];

/** `3 of the batch API (2 done, 1 open); 2,499 calls answered at its price saved $0.02 …`, then up to 3 jobs' faults. */
function jobTexts({
  provider_jobs: jobs,
  batch_calls: calls,
  model_calls,
  discount_usd: saved,
}: BatchReport): string[] {
  if (jobs.length === 0) return [];
  const states = [...Map.groupBy(jobs, ({ status }) => status)].map(([status, ones]) => `${ones.length} ${status}`);
  const rest = model_calls - calls;
  const full = rest === 0 ? '' : `; ${counted(rest, 'call')} in real time at the full price`;
  const answered =
    calls === 0
      ? '; no call answered at its price'
      : `; ${counted(calls, 'call')} answered at its price saved ${dollars(saved)} against real time`;
  const faults = jobs.flatMap(({ id, requests, error }) =>
    error === null ? [] : [`${id} (${counted(requests, 'request')}): ${oneLine(error)}`],
  );
  const waiting = jobs.reduce((sum, job) => sum + (OPEN.includes(job.status) ? job.requests : 0), 0);
  const open = waiting === 0 ? '' : `, ${counted(waiting, 'request')} waiting`;
  const texts = jobs.flatMap((job) => {
    const text = providerJobText(job);
    return text === undefined ? [] : [`${job.id}: ${text}`];
  });
  const all = `${count(jobs.length)} of the batch API (${states.join(', ')}${open})${answered}${full}`;
  return [all, ...texts.slice(0, 3), ...faults.slice(0, 3)];
}

function callsText(report: BatchReport): string {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = report.usage;
  const input = inputTokens + cacheReadTokens + cacheWriteTokens;
  const calls = `${counted(report.model_calls, 'model call')}, ${counted(report.tool_calls, 'tool call')}`;
  return `${calls}, ${count(input)} tokens in, ${count(outputTokens)} out${cachedText(report)}`;
}

/** The plan of a batch: agent, mapping, new columns, estimate; every problem and warning. */
export function planLines(plan: BatchPlan, layout: TextLayout): string[] {
  const { paint } = layout;
  const lines: string[] = [];
  if (plan.agent !== null) {
    const { name, version, model } = plan.agent;
    const shown = descriptorOf(model.provider)?.standIn ?? `${model.provider}/${model.model}`;
    lines.push(...field(layout, 'agent', `${name}@${version}  ${paint('dim', oneLine(shown))}`));
  }
  const rows = plan.row_count === null ? 'number of rows unknown' : counted(plan.row_count, 'row');
  lines.push(...field(layout, 'table', `${rows}, ${counted(plan.columns.length, 'column')}`));
  for (const [at, [name, how]] of Object.entries(plan.input_mapping).entries()) {
    lines.push(...field(layout, at === 0 ? 'mapping' : '', `${oneLine(name)} ${paint('dim', '←')} ${howText(how)}`));
  }
  if (plan.output_columns.length > 0) {
    lines.push(...field(layout, 'adds', plan.output_columns.map(oneLine).join(', ')));
  }
  if (plan.continuation !== null) lines.push(...field(layout, 'continues', continuationText(plan.continuation)));
  if (plan.columns.length > 0) {
    lines.push(...field(layout, 'result', oneLine(plan.output_uri ?? 'a file in results/ of the data directory')));
  }
  if (plan.sample !== null) lines.push(...field(layout, 'sample', `${sampleText(plan.sample)}, then it pauses`));
  if (plan.estimate !== null)
    lines.push(...field(layout, plan.sample === null ? 'estimate' : 'all rows', estimateText(plan.estimate, paint)));
  if (plan.execution !== null) lines.push(...field(layout, 'runs', executionText(plan.execution, paint)));
  for (const [at, warning] of plan.warnings.entries()) {
    lines.push(...field(layout, at === 0 ? 'warnings' : '', paint('yellow', oneLine(inFlags(warning)))));
  }
  for (const [at, problem] of plan.problems.entries()) {
    const text = `${oneLine(inFlags(problem.message))} ${paint('dim', `(${problem.code})`)}`;
    lines.push(...field(layout, at === 0 ? 'problems' : '', `${paint('red', '✗')} ${text}`));
  }
  return lines;
}

/** `5 rows, about $0.0021`. */
export function sampleText({ rows, cost_usd: cost }: NonNullable<BatchPlan['sample']>): string {
  return `${counted(rows, 'row')}, ${cost === null ? 'cost unknown' : `about ${dollars(cost)}`}`;
}

/** `bat_…: 90 rows keep their answers, 10 rows run (4 changed, 6 new)`. */
function continuationText({ batch_id: id, kept_rows: kept, changed_rows: changed, new_rows: added }: ContinuationPlan) {
  const rows = (changed ?? 0) + added;
  const parts = changed === null ? '' : ` (${count(changed)} changed, ${count(added)} new)`;
  const keep = `${counted(kept, 'row')} ${kept === 1 ? 'keeps its answer' : 'keep their answers'}`;
  return `${id}: ${keep}, ${counted(rows, 'row')} ${rows === 1 ? 'runs' : 'run'}${parts}`;
}

/** How rows run that go through no batch API. */
const WAYS = { realtime: 'in real time', fleet: 'on the workers of the fleet' };

/** How the rows run and why; if there is an alternative, its price and time too. */
function executionText({ executor, reason, shares, realtime, batch }: Execution, paint: Paint): string {
  const [chosen, other, otherName] =
    executor === 'batch-api'
      ? ['through the batch API', realtime, 'in real time']
      : [WAYS[executor], batch, 'through the batch API'];
  const text = `${chosen}: ${inFlags(reason)}${sharesText(shares)}`;
  return other === null ? text : `${text}  ${paint('dim', `${otherName}: ${priceAndTime(other).join(', ')}`)}`;
}

/** `; 1 row in real time ($0.00002, first, …), 98 rows through the batch API (…)`, where rows run in several ways. */
function sharesText(shares: Execution['shares']): string {
  if (shares.length < 2) return '';
  const texts = shares.map(({ rows, executor, why, cost_usd }) => {
    const way = executor === 'batch-api' ? 'through the batch API' : `${WAYS[executor]} at the full price`;
    return `${rows === null ? 'rows' : counted(rows, 'row')} ${way} (${dollars(cost_usd)}, ${inFlags(why)})`;
  });
  return `; ${texts.join(', ')}`;
}

function howText(how: BatchPlan['input_mapping'][string]): string {
  if (typeof how === 'string') return oneLine(how);
  return oneLine('column' in how ? how.column : JSON.stringify('value' in how ? how.value : how.columns));
}

/** `about $1.20 ($1.10 to $1.30), 40 s`, and how it was calculated. */
export function estimateText(estimate: Estimate, paint: Paint): string {
  return `${priceAndTime(estimate).join(', ')}  ${paint('dim', oneLine(estimate.basis))}`;
}

function priceAndTime(estimate: Estimate): string[] {
  const parts = [];
  if (estimate.cost_usd === null) parts.push('cost unknown');
  else {
    const { low, expected, high } = estimate.cost_usd;
    parts.push(low === high ? dollars(expected) : `about ${dollars(expected)} (${dollars(low)} to ${dollars(high)})`);
  }
  if (estimate.duration_seconds !== null) parts.push(duration(estimate.duration_seconds));
  return parts;
}
