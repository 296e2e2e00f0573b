import { counted } from '../../../base/figures.ts';
import type { Problem } from '../../contract/problem.ts';
import { type BatchOptions, OPTION_DEFAULTS } from '../../contract/request/options.ts';
import type { ExecutionDeps } from '../execution-deps.ts';
import type { Fit, RunFacts } from '../executor.ts';
import type { RowShare } from '../row-share.ts';
import { batchApiOf } from './batch-api-of.ts';
import { jobLimitsOf, type ProviderJobLimits } from './job-limits.ts';
import { type RowShares, shareRows, TAIL } from './share-rows.ts';

/** A shorter deadline leaves a provider job no time, in hours. */
const LEAST_DEADLINE_HOURS = 1;

/** Hours after which a provider ends a job, where it does not say so. */
const USUAL_HOURS = 24;

/**
 * Whether rows fit the batch API: it was requested, or the rows are many and each takes one call. Without fallback
 * nothing may cost the full price, so `auto` means the batch API.
 */
export async function fitBatchApi(facts: RunFacts, deps: Pick<ExecutionDeps, 'batchApi' | 'provider'>): Promise<Fit> {
  const options = facts.plan.request.options ?? {};
  const isAsked = options.mode === 'batch' || (options.mode !== 'realtime' && options.fallback === false);
  const missing = isAsked ? { isMissing: true as const } : {};
  const unfit =
    options.mode === 'realtime' || facts.isSample
      ? 'real time is asked for'
      : isAsked || facts.inJobs > 0
        ? undefined
        : unfitFor(facts);
  if (unfit !== undefined) return { fits: false, reason: unfit };
  // A provider job is filled once: rows that arrive later would each need a job of their own. Where it is asked for, all
  // rows are loaded first, if they have an end.
  if (facts.isLive && !isAsked) return { fits: false, reason: 'rows arrive while others run' };
  if (facts.isLive && facts.plan.request.reading?.watch === true)
    return { fits: false, reason: 'it watches for rows that are added later', ...missing };
  const api = await batchApiOf(facts.plan.agent, deps);
  if (typeof api === 'string') return { fits: false, reason: `no batch API: ${api}`, ...missing };
  if (facts.settings.real_time !== undefined && options.fallback !== false)
    return { fits: false, reason: facts.settings.real_time };
  const limits = jobLimitsOf(api, options);
  const problems = smallJobs(options, limits.fewest);
  const hours = Math.min(api.limits.hours ?? USUAL_HOURS, options.batch_deadline_hours ?? Number.POSITIVE_INFINITY);
  const shares = (await sharesOf(facts, limits, deps)).map((share) =>
    share.executor === 'batch-api' ? { ...share, hours } : share,
  );
  const isTooFew = facts.rows !== null && facts.rows > 0 && !shares.some(({ executor }) => executor === 'batch-api');
  if (isTooFew && problems.length === 0) return { fits: false, reason: tooFew(facts.rows ?? 0, limits), ...missing };
  const isAuto = options.mode !== 'batch';
  const reason = isAuto ? `${facts.rows ?? 'all'} rows, at the lower price` : 'it was asked for';
  return { fits: true, reason, problems: [...problems, ...leftWithoutFallback(options, shares)], shares };
}

/** Why `auto` does not choose the batch API, if so. */
function unfitFor({ plan, rows, allRows }: RunFacts): string | undefined {
  const { batch_threshold: threshold = OPTION_DEFAULTS.batch_threshold, batch_deadline_hours: hours } =
    plan.request.options ?? {};
  if (rows === null || allRows === null) return 'the number of rows is not known yet';
  if (allRows === 0) return 'no row has to run';
  if (allRows < threshold)
    return `${allRows === 1 ? '1 row is' : `${allRows} rows are`} below the batch_threshold of ${threshold}`;
  // The threshold is that of the whole batch, so that a sample or a pause does not change the price of the rest.
  if (rows < Math.min(threshold, TAIL)) return `real time finishes a rest of ${counted(rows, 'row')} sooner`;
  if (plan.agent.tools.length > 0) return 'the agent has its own tools, so each row takes several provider jobs';
  if (hours !== undefined && hours < LEAST_DEADLINE_HOURS) return `the deadline of ${hours} h leaves no time`;
  return undefined;
}

async function sharesOf(
  facts: RunFacts,
  limits: ProviderJobLimits,
  { provider }: Pick<ExecutionDeps, 'provider'>,
): Promise<RowShare[]> {
  const { plan, rows, hasAnswers, inJobs } = facts;
  const waiting: RowShare[] =
    inJobs === 0 ? [] : [{ rows: inJobs, executor: 'batch-api', why: 'they wait in provider jobs' }];
  if (rows === null) return [...waiting, { rows, executor: 'batch-api', why: 'in provider jobs' }];
  const mayAsk = plan.request.options?.fallback !== false;
  const asksFirst =
    mayAsk && (!hasAnswers || (await provider(plan.agent.model.provider, plan.agent.model)).route !== undefined);
  const shared = shareRows(rows, { ...limits, asksFirst });
  return [...waiting, ...inWords(shared, limits, { hasTail: mayAsk && plan.agent.tools.length > 0 })];
}

function inWords(
  { ahead, inJobs, jobs, left }: RowShares,
  limits: ProviderJobLimits,
  { hasTail }: { hasTail: boolean },
): RowShare[] {
  const shares: RowShare[] = [];
  if (ahead > 0) shares.push({ rows: ahead, executor: 'realtime', why: 'first, to find out what the model accepts' });
  if (inJobs > 0) {
    const why = `in ${counted(jobs, 'provider job')}`;
    shares.push(
      hasTail && inJobs < TAIL
        ? { rows: inJobs, executor: 'batch-api', why: `${why}; later turns in real time`, laterTurns: 'realtime' }
        : { rows: inJobs, executor: 'batch-api', why },
    );
  }
  if (left > 0) shares.push({ rows: left, executor: 'realtime', why: tooFew(left, limits) });
  return shares;
}

function tooFew(rows: number, { fewest }: ProviderJobLimits): string {
  return `${counted(rows, 'row')} ${rows === 1 ? 'is' : 'are'} fewer than the ${fewest} requests that a job of this provider needs`;
}

/** Without fallback, rows that fit no job could never run. */
function leftWithoutFallback({ fallback }: BatchOptions, shares: readonly RowShare[]): Problem[] {
  const left = fallback === false ? shares.find(({ executor }) => executor === 'realtime') : undefined;
  if (left === undefined) return [];
  const message = `Some rows fit no provider job: ${left.why}. They would run at the full price, and fallback is off. Change batch_job_requests, or allow fallback.`;
  return [{ code: 'option_not_supported', message }];
}

function smallJobs({ batch_job_requests: most }: BatchOptions, fewest: number): Problem[] {
  if (most === undefined || most >= fewest) return [];
  const message = `batch_job_requests is ${most}, and a job of this provider needs at least ${fewest} requests.`;
  return [{ code: 'invalid_arguments', message }];
}
