import { AppError } from '../../base/errors.ts';
import { settingsOf } from '../lifecycle/settings.ts';
import { planOf } from '../output/results.ts';
import { unsettledProviderJobs } from './batch-api/open-provider-jobs.ts';
import { runProviderJobs } from './batch-api/run-provider-jobs.ts';
import { chooseExecutor } from './choose-executor.ts';
import type { ProcessOptions } from './executor.ts';
import type { ProcessEnd } from './process-end.ts';
import { runRealtime } from './realtime.ts';

/**
 * ProcessRows: TransformInput, InvokeAgent and TransformOutput for each row, by the executor that fits. Jobs that an
 * earlier process left open are taken in first of all.
 */
export async function processRows(options: ProcessOptions): Promise<ProcessEnd> {
  const { batch, deps } = options;
  const plan = planOf(batch);
  const openProviderJobs = await unsettledProviderJobs(options);
  if (openProviderJobs.length > 0) {
    const api = (await deps.batchApi?.(plan.agent.model)) ?? 'this program has none';
    if (typeof api !== 'string') return runProviderJobs(options, api);
    const text = `${openProviderJobs.length} jobs of this batch are still open, and there is no batch API: ${api}. Mend that, then resume.`;
    return { kind: 'pause', reason: 'fatal', error: new AppError('model_unavailable', text) };
  }
  const rows = batch.totals.queued;
  const choice = await chooseExecutor(plan, { rows, isSample: batch.rowLimit !== null }, deps);
  if (choice.executor === 'batch-api' && settingsOf(batch).real_time === undefined)
    return runProviderJobs(options, choice.api);
  if (choice.executor === 'realtime' && choice.missing && plan.request.options?.fallback === false) {
    const text = `The rows can't be run through a batch API (${choice.reason}), and fallback is off. Mend that, or use mode realtime.`;
    return { kind: 'pause', reason: 'fatal', error: new AppError('model_unavailable', text) };
  }
  return runRealtime(options);
}
