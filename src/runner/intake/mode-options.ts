import { dollars } from '../../base/figures.ts';
import type { Problem } from '../contract/problem.ts';
import type { Estimate } from '../contract/report/estimate.ts';
import type { BatchPlan, Execution } from '../contract/report/plan.ts';
import type { BatchOptions } from '../contract/request/options.ts';
import type { BatchRequest } from '../contract/request/request.ts';
import type { RunnerDeps } from '../deps.ts';
import { type Choice, chooseExecutor } from '../execution/choose-executor.ts';
import type { RunFacts } from '../execution/executor.ts';
import type { RowShare } from '../execution/row-share.ts';
import { type CostRange, type EstimateBasis, estimateBatch, sumOfCosts } from './money/estimate.ts';
import { costOfShare, estimateShares } from './money/estimate-shares.ts';

/** A plan of how rows run, with what it costs. */
interface Ways {
  execution: Execution;
  estimate: Estimate;
  /** Dollars that the start spends: for a sample only its rows. Null when unknown. */
  start: CostRange | null;
  sample: BatchPlan['sample'];
  problems: Problem[];
  warnings: string[];
}

/** Plans how the rows can run: the executor that would be chosen, how many rows run in which way, and their price. */
export async function planExecution(
  request: BatchRequest,
  basis: EstimateBasis & Pick<RunFacts, 'isLive'> & { invalid: number },
  deps: RunnerDeps,
): Promise<Ways> {
  const { agent } = basis;
  // Rows that give no valid input fail for free, and are in no job.
  const rows = basis.rows === null ? null : basis.rows - basis.invalid;
  const options = request.options ?? {};
  const all: RunFacts = {
    ...{ plan: { agent, request }, rows, allRows: basis.rows, isLive: basis.isLive },
    ...{ isSample: false, hasAnswers: false, inJobs: 0, settings: {} },
  };
  const sample = options.sample === undefined ? undefined : Math.min(options.sample, rows ?? options.sample);
  const first = await chooseExecutor(sample === undefined ? all : { ...all, rows: sample, isSample: true }, deps);
  const restRows = sample === undefined || rows === null ? null : rows - sample;
  const rest = restRows ? await chooseExecutor({ ...all, rows: restRows, hasAnswers: true }, deps) : undefined;
  const shares = [...first.shares, ...(rest?.shares ?? [])];
  const parts = { executors: deps.executors, prices: deps.prices };
  const estimate = estimateShares(basis, shares, parts);
  const realtime = estimateBatch(basis, deps.prices);
  const costs = shares.map((share) => costOfShare(basis, share, parts));
  const execution: Execution = {
    executor: first.executor.name,
    reason: first.reason,
    shares: shares.map((share, at) => ({ ...toReport(share), cost_usd: costs[at]?.expected ?? null })),
    realtime,
    batch: await estimateBatchApi(basis, all, deps),
  };
  const started = costs.slice(0, first.shares.length);
  const start = sumOfCosts(started);
  return {
    ...{ execution, estimate },
    start,
    sample: sample === undefined ? null : { rows: sample, cost_usd: start?.expected ?? null },
    ...faultsOf({ first, rest }, { options, expectedUsd: started[0]?.expected ?? null }),
  };
}

function toReport({ rows, executor, why }: RowShare): Omit<Execution['shares'][number], 'cost_usd'> {
  return { rows, executor, why };
}

/** The price through the batch API, with what it would run in real time; null where no job could be made. */
async function estimateBatchApi(basis: EstimateBasis, facts: RunFacts, deps: RunnerDeps): Promise<Estimate | null> {
  const { plan } = facts;
  const options = { ...plan.request.options, mode: 'batch' as const };
  const fit = await deps.executors
    .find(({ name }) => name === 'batch-api')
    ?.choose({ ...facts, plan: { ...plan, request: { ...plan.request, options } } }, deps);
  if (fit?.fits !== true || fit.shares === undefined) return null;
  return estimateShares(basis, fit.shares, { executors: deps.executors, prices: deps.prices });
}

function faultsOf(
  { first, rest }: { first: Choice; rest: Choice | undefined },
  { options, expectedUsd }: { options: BatchOptions; expectedUsd: number | null },
): Pick<Ways, 'problems' | 'warnings'> {
  const problems = [...first.problems, ...(rest?.problems ?? [])];
  const missing = rest === undefined ? first.missing : rest.missing;
  const warnings: string[] = [];
  if (missing !== undefined) {
    const message = `mode=batch is not available: ${missing}.`;
    if (options.fallback === false) {
      const fix = 'fallback is off, so nothing runs at the full price. Allow fallback, or use mode realtime.';
      return { problems: [{ code: 'option_not_supported', message: `${message} ${fix}` }], warnings };
    }
    const cost = rest === undefined ? `, about ${dollars(expectedUsd)}` : '';
    warnings.push(`${message} The rows run in real time, at the full price${cost}.`);
  }
  if (options.sample !== undefined && options.fallback === false && options.mode !== 'realtime') {
    warnings.push(
      `The sample runs in real time, at the full price: about ${dollars(expectedUsd)}. The rest does not run at the full price.`,
    );
  }
  return { problems, warnings };
}
