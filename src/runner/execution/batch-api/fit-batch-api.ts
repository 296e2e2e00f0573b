import { type BatchOptions, OPTION_DEFAULTS } from '../../contract/options.ts';
import type { Problem } from '../../contract/problem.ts';
import type { ExecutionDeps } from '../execution-deps.ts';
import type { Fit, RunFacts } from '../executor.ts';
import { batchApiOf } from './batch-api-of.ts';

/** A shorter deadline leaves a provider job no time, in hours. */
const LEAST_DEADLINE_HOURS = 1;

/** Whether rows fit the batch API: it was requested, or the rows are many and each takes one call. */
export async function fitBatchApi(facts: RunFacts, deps: Pick<ExecutionDeps, 'batchApi'>): Promise<Fit> {
  const options = facts.plan.request.options ?? {};
  const { mode = 'auto' } = options;
  const unfit = mode === 'realtime' || facts.isSample ? 'real time is asked for' : unfitFor(mode, facts);
  if (unfit !== undefined) return { fits: false, reason: unfit };
  // A provider job is filled once: rows that arrive later would each need a job of their own.
  if (facts.isLive) {
    return { fits: false, reason: 'rows arrive while others run', ...(mode === 'batch' ? { isMissing: true } : {}) };
  }
  const api = await batchApiOf(facts.plan.agent, deps);
  if (typeof api === 'string') {
    return { fits: false, reason: `no batch API: ${api}`, ...(mode === 'batch' ? { isMissing: true } : {}) };
  }
  if (facts.settings.real_time !== undefined) return { fits: false, reason: facts.settings.real_time };
  const reason = mode === 'batch' ? 'it was asked for' : `${facts.rows} rows, at the lower price`;
  return { fits: true, reason, problems: smallJobs(options, api.limits.minRequests) };
}

/** Why `auto` does not choose the batch API, if so. */
function unfitFor(mode: 'auto' | 'batch', { plan, rows }: RunFacts): string | undefined {
  if (mode === 'batch') return undefined;
  const { batch_threshold: threshold = OPTION_DEFAULTS.batch_threshold, batch_deadline_hours: hours } =
    plan.request.options ?? {};
  if (rows === null) return 'the number of rows is not known yet';
  if (rows < threshold)
    return `${rows === 1 ? '1 row is' : `${rows} rows are`} below the batch_threshold of ${threshold}`;
  if (plan.agent.tools.length > 0) return 'the agent has its own tools, so each row takes several provider jobs';
  if (hours !== undefined && hours < LEAST_DEADLINE_HOURS) return `the deadline of ${hours} h leaves no time`;
  return undefined;
}

function smallJobs({ batch_job_requests: most }: BatchOptions, fewest = 1): Problem[] {
  if (most === undefined || most >= fewest) return [];
  const message = `batch_job_requests is ${most}, and a job of this provider needs at least ${fewest} requests.`;
  return [{ code: 'invalid_arguments', message }];
}
