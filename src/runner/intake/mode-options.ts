import type { Estimate } from '../contract/estimate.ts';
import type { ExecutorName } from '../contract/executor-name.ts';
import type { Execution } from '../contract/plan.ts';
import type { Problem } from '../contract/problem.ts';
import type { BatchRequest } from '../contract/request.ts';
import type { RunnerDeps } from '../deps.ts';
import { chooseExecutor } from '../execution/choose-executor.ts';
import type { RunFacts } from '../execution/executor.ts';
import { type EstimateBasis, estimateBatch } from './estimate.ts';

/** Plans how the rows can run: the executor that would be chosen, and the price and time of each. */
export async function planExecution(
  request: BatchRequest,
  basis: EstimateBasis & Pick<RunFacts, 'isLive'>,
  deps: RunnerDeps,
): Promise<{ execution: Execution; estimate: Estimate; problems: Problem[]; warnings: string[] }> {
  const { agent, rows } = basis;
  const options = request.options ?? {};
  const isSample = options.sample !== undefined;
  const facts = { plan: { agent, request }, rows, isLive: basis.isLive, isSample, settings: {} };
  const { executor, reason, problems, missing } = await chooseExecutor(facts, deps);
  const estimateBy = async (name: ExecutorName) =>
    (await deps.executors.find((one) => one.name === name)?.estimate(basis, options, deps)) ?? null;
  const realtime = estimateBatch(basis, deps.prices);
  const execution = { executor: executor.name, reason, realtime, batch: await estimateBy('batch-api') };
  const estimate = (await estimateBy(executor.name)) ?? realtime;
  if (missing === undefined) return { execution, estimate, problems, warnings: [] };
  const message = `mode=batch is not available: ${missing}.`;
  return options.fallback === false
    ? { execution, estimate, problems: [{ code: 'option_not_supported', message }], warnings: [] }
    : { execution, estimate, problems, warnings: [`${message} The rows run in real time, at the full price.`] };
}
