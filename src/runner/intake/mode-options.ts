import type { ExecutorName } from '../contract/executor-name.ts';
import type { RunnerDeps } from '../deps.ts';
import { chooseExecutor } from '../execution/choose-executor.ts';
import type { BatchOptions, BatchRequest, Estimate, Execution, Problem } from '../runner.ts';
import { type EstimateBasis, estimateBatch } from './estimate.ts';

/** The values of the option of the same name. */
export const MODES = ['auto', 'batch', 'realtime'] as const;

/** What is wrong about how a batch's rows are to be run. */
export function checkMode(options: BatchOptions): Problem[] {
  const problems: Problem[] = [];
  const wrong = (message: string) => problems.push({ code: 'invalid_arguments', message });
  const { mode, batch_deadline_hours: hours } = options;
  if (mode !== undefined && !MODES.includes(mode)) wrong(`mode must be auto, batch or realtime, not "${mode}".`);
  for (const name of ['batch_threshold', 'batch_job_requests', 'batch_jobs'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      wrong(`${name} must be a whole number from 1 on, not ${value}.`);
    }
  }
  if (hours !== undefined && !(Number.isFinite(hours) && hours > 0)) {
    wrong(`batch_deadline_hours must be a number of hours above 0, not ${hours}.`);
  }
  return problems;
}

/** What a plan says of the ways in which its rows can run: the one that would be taken, and price and time of each. */
export async function planExecution(
  request: BatchRequest,
  basis: EstimateBasis,
  deps: RunnerDeps,
): Promise<{ execution: Execution; estimate: Estimate; problems: Problem[]; warnings: string[] }> {
  const { agent, rows } = basis;
  const options = request.options ?? {};
  const facts = { plan: { agent, request }, rows, isSample: options.sample !== undefined, settings: {} };
  const { executor, reason, problems, missing } = await chooseExecutor(facts, deps);
  const estimateBy = async (name: ExecutorName) =>
    (await deps.executors.find((one) => one.name === name)?.estimate(basis, options, deps)) ?? null;
  const realtime = estimateBatch(basis, deps.prices);
  const execution = { executor: executor.name, reason, realtime, batch: await estimateBy('batch-api') };
  const estimate = (await estimateBy(executor.name)) ?? realtime;
  if (missing === undefined) return { execution, estimate, problems, warnings: [] };
  const message = `mode batch can't be had: ${missing}.`;
  return options.fallback === false
    ? { execution, estimate, problems: [{ code: 'option_not_supported', message }], warnings: [] }
    : { execution, estimate, problems, warnings: [`${message} The rows run in real time, at the full price.`] };
}
