import type { BatchApi } from '../../providers/provider-jobs/batch-api.ts';
import { OPTION_DEFAULTS } from '../contract/options.ts';
import type { StoredPlan } from '../contract/stored-plan.ts';
import type { RunnerDeps } from '../deps.ts';

/** A deadline below this leaves a job no time, in hours. */
const LEAST_DEADLINE_HOURS = 1;

/** How a batch's rows are run, and why, in words. `missing`: the batch API was asked for and can't be had. */
export type Choice =
  | { executor: 'realtime'; reason: string; missing?: true }
  | { executor: 'batch-api'; reason: string; api: BatchApi };

/**
 * Chooses how rows are run.
 * @param rows how many are to be run; null when nobody knows
 * @param isSample only the first rows are run, for somebody who waits to look at them
 */
export async function chooseExecutor(
  plan: Pick<StoredPlan, 'agent' | 'request'>,
  { rows, isSample }: { rows: number | null; isSample: boolean },
  deps: Pick<RunnerDeps, 'batchApi'>,
): Promise<Choice> {
  const {
    mode = 'auto',
    batch_threshold: threshold = OPTION_DEFAULTS.batch_threshold,
    ...options
  } = plan.request.options ?? {};
  const realtime = (reason: string): Choice => ({ executor: 'realtime', reason });
  if (mode === 'realtime') return realtime('it was asked for');
  if (isSample) return realtime('a sample is run at once');
  if (mode === 'auto') {
    if (rows === null) return realtime('the number of rows is not known yet');
    if (rows < threshold)
      return realtime(`${rows === 1 ? '1 row is' : `${rows} rows are`} below the batch_threshold of ${threshold}`);
    if (plan.agent.tools.length > 0)
      return realtime('the agent has tools of its own, so that each row takes several jobs');
    const { batch_deadline_hours: hours } = options;
    if (hours !== undefined && hours < LEAST_DEADLINE_HOURS)
      return realtime(`the deadline of ${hours} h leaves no time`);
  }
  const api = (await deps.batchApi?.(plan.agent.model)) ?? 'this program has none';
  if (typeof api !== 'string') {
    return {
      executor: 'batch-api',
      api,
      reason: mode === 'batch' ? 'it was asked for' : `${rows} rows, at the lower price`,
    };
  }
  return { executor: 'realtime', reason: `no batch API: ${api}`, ...(mode === 'batch' ? { missing: true } : {}) };
}
