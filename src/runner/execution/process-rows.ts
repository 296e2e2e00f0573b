import type { Fence } from '../../storage/leases.ts';
import type { RunnerDeps } from '../deps.ts';
import { planOf } from '../output/results.ts';
import { chooseExecutor } from './choose-executor.ts';
import type { Executor, ProcessOptions } from './executor.ts';
import { fullPriceRefused } from './full-price-refused.ts';
import type { ProcessEnd } from './process-end.ts';
import { runFactsOf } from './run-facts.ts';

/**
 * ProcessRows: TransformInput, InvokeAgent and TransformOutput for each row, by the executor that fits. An executor
 * whose work an earlier process left outside has precedence over all others.
 */
export async function processRows(options: ProcessOptions & { deps: RunnerDeps }): Promise<ProcessEnd> {
  const { batch, deps } = options;
  const former = await executorElsewhere(options);
  if (former !== undefined) return former.run(options);
  const plan = planOf(batch);
  const isLive = options.arrivals !== undefined;
  const rows = isLive ? null : batch.totals.queued;
  const facts = runFactsOf(batch, { rows, isSample: batch.rowLimit !== null });
  const { executor, missing } = await chooseExecutor({ ...facts, isLive }, deps);
  if (missing !== undefined && plan.request.options?.fallback === false) {
    return { kind: 'pause', reason: 'fatal', error: fullPriceRefused(batch.id, { why: missing }) };
  }
  return executor.run(options);
}

/** Whether work on the batch continues outside this process. */
export async function isElsewhere(at: { deps: RunnerDeps; fence: Fence }): Promise<boolean> {
  return (await executorElsewhere(at)) !== undefined;
}

/** Ends the work outside this process on a batch that ends before it. */
export async function endElsewhere(options: ProcessOptions & { deps: RunnerDeps }): Promise<void> {
  for (const { elsewhere } of options.deps.executors) await elsewhere?.end(options);
}

async function executorElsewhere(at: { deps: RunnerDeps; fence: Fence }): Promise<Executor | undefined> {
  for (const executor of at.deps.executors) if (await executor.elsewhere?.exists(at)) return executor;
  return undefined;
}
