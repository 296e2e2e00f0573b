import { agentLabel } from '../../agent/definition.ts';
import { withoutCredentials } from '../../base/addresses/without-credentials.ts';
import { isoTime } from '../../base/clock.ts';
import type { ErrorCode } from '../../base/errors.ts';
import { dollars } from '../../base/figures.ts';
import type { BatchDetails, BatchRecord } from '../../storage/batches.ts';
import type { ProviderJobRecord } from '../../storage/provider-jobs.ts';
import { reachedDayCap } from '../../storage/spending.ts';
import type { Estimate } from '../contract/report/estimate.ts';
import type { BatchReport } from '../contract/report/report.ts';
import { OPTION_DEFAULTS } from '../contract/request/options.ts';
import type { RunnerDeps } from '../deps.ts';
import type { Choice } from '../execution/choose-executor.ts';
import { isForFleet } from '../execution/fleet/is-for-fleet.ts';
import { unfoldedMs } from '../lifecycle/active-time.ts';
import { ACTIVE, CANCELLABLE, ENDED } from '../lifecycle/batch.ts';
import { settingsOf } from '../lifecycle/settings.ts';
import { billOf, toUsd } from './bill.ts';
import { estimateRest } from './estimate-rest.ts';
import { fallbackAnswers, fallbackWarning } from './fallback-answers.ts';
import { planRest } from './plan-rest.ts';
import { providerJobReport } from './provider-job-report.ts';
import { batchNotFound, planOf } from './results.ts';

type ReportDeps = Pick<RunnerDeps, 'store' | 'clock' | 'prices' | 'executors' | 'batchApi' | 'provider' | 'owner'>;

/** A batch as every face shows it. */
export async function reportBatch(batch: BatchRecord, deps: ReportDeps): Promise<BatchReport> {
  const [report] = await reportBatches([batch], deps);
  if (report === undefined) throw batchNotFound(batch.id);
  return report;
}

/** Reports many batches in the given order with one store call. Batches that were removed meanwhile are left out. */
export async function reportBatches(batches: readonly BatchRecord[], deps: ReportDeps): Promise<BatchReport[]> {
  const details = await deps.store.readDetails(batches.map(({ id }) => id));
  const lapsed = batches.some((batch) => mayBeLeft(batch, deps)) ? await deps.store.listLapsedBatches() : [];
  const reports = batches.map(async (batch) => {
    const known = details.get(batch.id);
    if (known === undefined) return [];
    const isLeft = CANCELLABLE.includes(batch.status) && batch.columns !== null;
    const rest = isLeft ? await planRest(batch, { rows: batch.totals.queued, jobs: known.jobs }, deps) : undefined;
    const unattended = mayBeLeft(batch, deps) && lapsed.includes(batch.id);
    return [reportOf(batch, known, { ...deps, rest, unattended })];
  });
  return (await Promise.all(reports)).flat();
}

/** How long a new batch may wait for the process that will run it, in milliseconds. */
const START_MS = 20_000;

/** Whether another process should run the batch, which may be gone. */
function mayBeLeft({ status, owner, createdAt }: BatchRecord, deps: ReportDeps): boolean {
  const isHere = owner !== null && owner.instance === deps.owner.instance;
  return ACTIVE.includes(status) && !isHere && deps.clock.now() - createdAt > START_MS;
}

function reportOf(
  batch: BatchRecord,
  { bill, jobs: allJobs, failures }: BatchDetails,
  { clock, prices, executors, rest: next, unattended }: ReportDeps & { rest: Choice | undefined; unattended: boolean },
): BatchReport {
  const now = clock.now();
  const plan = planOf(batch);
  const { totals } = batch;
  const { real_time: realTime, full_price: fullPrice = [] } = settingsOf(batch);
  // A job that was dropped without an error had too few requests and was never created: it is not shown.
  const jobs = allJobs.filter(({ state, error }) => state !== 'dropped' || error !== null);
  const finished = totals.succeeded + totals.failed;
  const seconds = activeSeconds(batch, now);
  // While rows wait at the provider, the time says nothing about when they are answered.
  const isWaiting = jobs.some(({ state }) => state === 'building' || state === 'creating' || state === 'open');
  const rate = seconds > 0 && finished > 0 && !isWaiting ? finished / seconds : null;
  const isUnpriced = totals.unpricedCalls > 0;
  const hasRest = CANCELLABLE.includes(batch.status);
  const total = totalRows(batch);
  const left = total === null ? null : total - finished;
  const rest =
    hasRest && left !== null
      ? estimateRest(batch, bill, {
          ...{ rows: left, prices, activeSeconds: seconds },
          ways: next && { shares: next.shares, executors },
        })
      : null;
  const { concurrency, max_cost_usd, priority, call_timeout_s, timeout_s, max_sends } = plan.request.options ?? {};
  const fallback = fallbackAnswers(plan.agent, bill);
  return {
    batch_id: batch.id,
    name: plan.request.name ?? null,
    created_by: plan.createdBy,
    status: batch.status,
    pause_reason: batch.pauseReason,
    unattended,
    error: batch.error,
    agent: agentLabel(plan.agent),
    model: `${plan.agent.model.provider}/${plan.agent.model.model}`,
    fallback,
    stand_in: plan.standIn,
    // A plan of an older version may hold credentials.
    source_uri: withoutCredentials(plan.request.csv_uri),
    source_files: plan.parts ?? null,
    output_uri: batch.output === null ? null : withoutCredentials(batch.output.uri),
    counts: {
      total,
      queued: totals.queued,
      running: totals.running,
      succeeded: totals.succeeded,
      failed: totals.failed,
    },
    continues:
      plan.request.continues === undefined
        ? null
        : { batch_id: plan.request.continues.batch_id, kept_rows: plan.keptRows ?? 0 },
    rows_per_second: rate === null ? null : Math.round(rate * 100) / 100,
    eta_seconds: rate === null || left === null || batch.status !== 'running' ? null : Math.ceil(left / rate),
    usage: totals.usage,
    model_calls: totals.modelCalls,
    tool_calls: totals.toolCalls,
    cached_calls: totals.cachedCalls,
    saved_usd: totals.unpricedCachedCalls > 0 ? null : totals.savedMicroUsd / 1e6,
    truncated_rows: settingsOf(batch).truncated_rows ?? 0,
    truncated_fields: settingsOf(batch).truncated_fields ?? {},
    executor: jobs.length > 0 ? 'batch-api' : isForFleet(plan) ? 'fleet' : 'realtime',
    provider_jobs: jobs.map(providerJobReport),
    batch_calls: totals.batchCalls,
    discount_usd: isUnpriced ? null : toUsd(totals.discountMicroUsd),
    cost_usd: isUnpriced ? null : toUsd(totals.costMicroUsd),
    cost_usd_at_most: isUnpriced ? null : toUsd(totals.costMicroUsd + totals.openWorstMicroUsd),
    bill: billOf(bill, totals),
    estimate_rest: rest,
    options: {
      concurrency: concurrency ?? OPTION_DEFAULTS.concurrency,
      max_cost_usd: max_cost_usd ?? null,
      priority: priority ?? OPTION_DEFAULTS.priority,
      call_timeout_s: call_timeout_s ?? null,
      timeout_s: timeout_s ?? null,
      max_sends: max_sends ?? null,
    },
    failures: failures.map(({ code, count, row, message }) => ({ code, count, example: { row, message } })),
    // A table is read for the plan and again for the load: what both found is one warning.
    warnings: [
      ...new Set([
        ...plan.warnings,
        ...batch.loadWarnings.map(String),
        ...fullPrice,
        ...(fallback === null ? [] : [fallbackWarning(plan.agent, fallback)]),
        ...(realTime === undefined ? [] : [realTime]),
      ]),
    ],
    created_at: isoTime(batch.createdAt),
    started_at: isoTime(batch.startedAt),
    ended_at: isoTime(batch.endedAt),
    next_step: unattended
      ? unattendedStep(batch.id)
      : nextStep(batch, { rest, canRetry: failures.some(({ code }) => !UNMENDABLE.includes(code)), jobs }),
  };
}

/** The number of rows of the batch; null while its source does not know it. */
function totalRows({ status, intake, totals }: BatchRecord): number | null {
  if (intake === null || intake.isOver || ENDED.includes(status)) return totals.rows;
  return intake.total === null ? null : Math.max(intake.total, totals.rows);
}

/** Time that the batch has spent in `running`, in seconds. */
export function activeSeconds(batch: BatchRecord, now: number): number {
  return (batch.activeMs + unfoldedMs(batch, now)) / 1000;
}

/** Failures that another attempt at the same row would repeat. */
const UNMENDABLE: ErrorCode[] = ['row_malformed', 'input_invalid'];

function unattendedStep(id: string): string {
  return `No process runs it. Continue it in this terminal with "rowmill batches resume ${id}", or start "rowmill serve", which continues it.`;
}

function nextStep(
  batch: BatchRecord,
  { rest, canRetry, jobs }: { rest: Estimate | null; canRetry: boolean; jobs: readonly ProviderJobRecord[] },
): string {
  const resume = `Resume with "rowmill batches resume ${batch.id}"`;
  switch (batch.status) {
    case 'collecting':
      return 'Append its rows, then run it; or cancel it. Jobs run when their queue is processed.';
    case 'created':
    case 'validating':
    case 'loading':
    case 'running':
    case 'aggregating':
      return 'Monitor it until it ends.';
    case 'paused':
      return pausedStep(batch, resume, rest) + openProviderJobsStep(jobs);
    case 'completed':
      return batch.totals.failed === 0
        ? 'Read the table, or look at single rows.'
        : !canRetry
          ? 'Read the table; look at the failed rows and their errors. Another attempt would fail in the same way: correct the table or the mapping and start a new batch.'
          : `Read the table; look at the failed rows and their errors. Run them again with "rowmill batches retry ${batch.id}".`;
    case 'failed':
      return batch.error?.code === 'failures_not_tolerated'
        ? `Look at the failed rows and fix the cause; then "rowmill batches retry ${batch.id}" runs them again, and the rows that were not run.`
        : 'Fix the cause, then start a new batch.';
    case 'cancelled':
      return `Rows that were not run are marked NOT_RUN in the table. Run them with "rowmill batches retry ${batch.id}".`;
  }
}

function openProviderJobsStep(jobs: readonly ProviderJobRecord[]): string {
  return jobs.some(({ state }) => state === 'open')
    ? ' Its jobs continue at the provider meanwhile; a resume collects their answers.'
    : '';
}

function pausedStep(batch: BatchRecord, resume: string, rest: Estimate | null): string {
  switch (batch.pauseReason) {
    case 'sample':
      return batch.totals.succeeded === 0 && batch.totals.failed > 0
        ? `All rows of the sample failed. Look at them; cancel this batch and start a new one if the mapping or the table is wrong. "rowmill batches resume ${batch.id}" runs the rest.`
        : `The sample is done. Look at its rows and its cost, then run the rest: resume with "rowmill batches resume ${batch.id}".${restText(rest)}`;
    case 'budget':
      if (batch.error !== null && reachedDayCap(batch.error) !== undefined) {
        const higher = reachedDayCap(batch.error) === 'server' ? ', or with a higher ROWMILL_MAX_USD_PER_DAY' : '';
        return `Resume on another day${higher}: "rowmill batches resume ${batch.id}"; or cancel it.`;
      }
      return `Resume with "rowmill batches resume ${batch.id} --max-cost USD" (a higher cap), or cancel it.`;
    case 'fatal':
      return `Once the cause is fixed, resume with "rowmill batches resume ${batch.id}"; or give up the batch with "rowmill batches cancel ${batch.id}".`;
    case 'user':
    case 'interrupted':
    case null:
      return `${resume}.`;
  }
}

function restText(rest: Estimate | null): string {
  if (rest === null || rest.rows === null) return '';
  const cost = rest.cost_usd;
  const words =
    cost === null
      ? 'an unknown amount'
      : `about ${dollars(cost.expected)} (${dollars(cost.low)} to ${dollars(cost.high)})`;
  return ` The other ${rest.rows} rows may cost ${words}: ${rest.basis.replace(/\.$/, '')}.`;
}
