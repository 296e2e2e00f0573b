import { createBatchPriceTable } from '../../providers/prices/batch-prices.ts';
import type { PriceTable } from '../../providers/prices/prices.ts';
import type { Estimate } from '../contract/estimate.ts';
import type { BatchOptions } from '../contract/options.ts';
import type { Execution } from '../contract/plan.ts';
import type { Problem } from '../contract/problem.ts';
import type { BatchRequest } from '../contract/request.ts';
import type { RunnerDeps } from '../deps.ts';
import { chooseExecutor } from '../execution/choose-executor.ts';
import { type EstimateBasis, estimateBatch } from './estimate.ts';

/** Hours after which providers give a job up. */
const JOB_HOURS = 24;

/** What a plan says of the ways in which its rows can run: the one that would be taken, and price and time of both. */
export async function planExecution(
  request: BatchRequest,
  basis: EstimateBasis,
  deps: RunnerDeps,
): Promise<{ execution: Execution; problems: Problem[]; warnings: string[] }> {
  const { agent, rows } = basis;
  const options = request.options ?? {};
  const choice = await chooseExecutor({ agent, request }, { rows, isSample: options.sample !== undefined }, deps);
  const realtime = estimateBatch(basis, deps.prices);
  const { executor, reason } = choice;
  const api = (await deps.batchApi?.(agent.model)) ?? 'this program has none';
  const batch = typeof api === 'string' ? null : estimateJobs(basis, deps.prices, options);
  const execution = { executor, reason, realtime, batch };
  const tooSmall =
    executor === 'batch-api' && typeof api !== 'string' ? smallJobs(options, api.limits.minRequests) : [];
  if (!('missing' in choice)) return { execution, problems: tooSmall, warnings: [] };
  const message = `mode batch can't be had: ${reason}.`;
  return options.fallback === false
    ? { execution, problems: [{ code: 'option_not_supported', message }], warnings: [] }
    : { execution, problems: [], warnings: [`${message} The rows run in real time, at the full price.`] };
}

function smallJobs({ batch_job_requests: most }: BatchOptions, fewest = 1): Problem[] {
  if (most === undefined || most >= fewest) return [];
  const message = `batch_job_requests is ${most}, and a job of this provider takes ${fewest} requests at least.`;
  return [{ code: 'invalid_arguments', message }];
}

function estimateJobs(
  basis: EstimateBasis,
  prices: PriceTable,
  { batch_deadline_hours: deadline }: BatchOptions,
): Estimate {
  const estimate = estimateBatch(basis, createBatchPriceTable(prices));
  const hours = Math.min(JOB_HOURS, deadline ?? JOB_HOURS);
  const waves = basis.agent.tools.length > 0 ? ', once for each turn' : '';
  return {
    ...estimate,
    duration_seconds: hours * 3600,
    basis: `${estimate.basis} Through the batch API, which takes ${hours} hours at most${waves} and often far less.`,
  };
}
