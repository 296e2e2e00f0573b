import { counted, dollars } from '../../base/figures.ts';
import { NO_USAGE, type Usage } from '../../protocol/messages.ts';
import type { PriceTable } from '../../providers/prices/prices.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Store } from '../../storage/store.ts';
import type { ExecutorName } from '../contract/executor-name.ts';
import type { Estimate } from '../contract/report/estimate.ts';
import type { Executor } from '../execution/executor.ts';
import { longestWait, type RowShare } from '../execution/row-share.ts';
import { planOf } from './results.ts';
import { tQuantile } from './t-quantile.ts';

type BatchBill = Awaited<ReturnType<Store['readBill']>>;

/** Below this many attempts the basis says that it is a small sample. */
const SMALL_SAMPLE = 10;
/** The ends of a range of which no spread is known: of one row, or of the tokens of another model. */
const UNMEASURED = { low: 0.6, high: 1.75 };

/** The rows of the rest, and how they will run. */
interface RestOptions {
  rows: number;
  /** Prices of real time. */
  prices: PriceTable;
  activeSeconds?: number;
  /** Absent: all rows run in real time. */
  ways?: { shares: readonly RowShare[]; executors: readonly Executor[] } | undefined;
}

/**
 * Estimates the rest of a batch from the costs of its attempts so far, including failed ones.
 * The range is a 95 % prediction interval of the rest's sum: the spread between rows, and the uncertainty of their
 * mean. Before anything is measured, the result is the rest's share of the estimate that the batch was started with.
 * @returns null when no row is left, or the table was too large to count and nothing is measured
 */
export function estimateRest(
  batch: BatchRecord,
  bill: BatchBill,
  { rows, prices, activeSeconds, ways }: RestOptions,
): Estimate | null {
  const attempts = bill.succeeded.attempts + bill.failed.attempts;
  if (batch.columns !== null && rows === 0) return null;
  if (attempts === 0) return shareOfFirst(batch, { rows, prices, ways });
  const { totals } = batch;
  const perAttempt = (tokens: number) => tokens / attempts;
  const cost = costOfRow(batch, bill, { rows, prices, ways });
  const input = totals.usage.inputTokens + totals.usage.cacheWriteTokens + totals.usage.cacheReadTokens;
  const hours = longestWait(ways?.shares ?? []);
  const limit = hours === undefined ? undefined : hours * 3600;
  const seconds = limit ?? (activeSeconds === undefined ? null : (activeSeconds / attempts) * rows);
  return {
    rows,
    cost_usd: cost === null ? null : rangeOf(cost, attempts, rows),
    tokens: {
      input: Math.round(perAttempt(input) * rows),
      output: Math.round(perAttempt(totals.usage.outputTokens) * rows),
    },
    duration_seconds: seconds === null ? null : Math.ceil(seconds),
    basis: basisOf(cost, attempts) + sharesText(ways),
  };
}

/** The estimate of the start, scaled to `rows`, at the price of the batch's current model. */
function shareOfFirst(batch: BatchRecord, { rows, prices, ways }: RestOptions): Estimate | null {
  const { estimate, agent } = planOf(batch);
  if (batch.columns === null || estimate?.rows == null || estimate.rows === 0 || estimate.tokens === null)
    return estimate;
  const share = rows / estimate.rows;
  const usage = {
    ...NO_USAGE,
    inputTokens: Math.ceil(estimate.tokens.input / estimate.rows),
    outputTokens: Math.ceil(estimate.tokens.output / estimate.rows),
  };
  const cost = prices.priceOf(agent.model.provider, agent.model.model, usage);
  const priced = priceShare(agent.model, usage, { prices, ways });
  const expected = cost === undefined || priced === undefined ? null : cost * priced * rows;
  const seconds = estimate.duration_seconds;
  return {
    rows,
    cost_usd: expected === null ? null : asWideAs(estimate.cost_usd, expected),
    tokens: { input: usage.inputTokens * rows, output: usage.outputTokens * rows },
    duration_seconds: seconds === null ? null : Math.ceil(seconds * share),
    basis: estimate.basis,
  };
}

/** The range of a cost whose estimate at the start had another middle. */
function asWideAs(first: Estimate['cost_usd'], expected: number): NonNullable<Estimate['cost_usd']> {
  const { low, high } = first === null || first.expected === 0 ? UNMEASURED : ratiosOf(first);
  return { low: usd(expected * low), expected: usd(expected), high: usd(expected * high) };
}

function ratiosOf({ low, expected, high }: NonNullable<Estimate['cost_usd']>): { low: number; high: number } {
  return { low: low / expected, high: high / expected };
}

/** Micro-dollars per row, as the rest will run; `spread` is the standard deviation, null where it is unknown. */
interface RowCost {
  mean: number;
  spread: number | null;
  /** The model whose prices are applied to the tokens of another model; null when all tokens are its own. */
  repriced: string | null;
}

function costOfRow(batch: BatchRecord, bill: BatchBill, { prices, ways }: RestOptions): RowCost | null {
  const { provider, model } = planOf(batch).agent.model;
  const attempts = bill.succeeded.attempts + bill.failed.attempts;
  const name = `${provider}/${model}`;
  const { totals } = batch;
  const usage = meanUsage(totals.usage, attempts);
  const priced = priceShare({ provider, model }, usage, { prices, ways });
  if (priced === undefined) return null;
  if (bill.models.some((one) => one.model !== name)) {
    const cost = prices.priceOf(provider, model, usage);
    return cost === undefined ? null : { mean: cost * priced, spread: null, repriced: name };
  }
  if (totals.unpricedCalls > 0) return null;
  const mean = (bill.succeeded.costMicroUsd + bill.failed.costMicroUsd) / attempts;
  const squares = bill.succeeded.squares + bill.failed.squares;
  const variance = attempts < 2 ? null : Math.max(0, (squares - attempts * mean ** 2) / (attempts - 1));
  // What was measured may have run at the lower price of provider jobs.
  const full = totals.costMicroUsd === 0 ? 1 : (totals.costMicroUsd + totals.discountMicroUsd) / totals.costMicroUsd;
  const factor = full * priced;
  return { mean: mean * factor, spread: variance === null ? null : Math.sqrt(variance) * factor, repriced: null };
}

/** The mean price of the rest's rows as a share of the price in real time; undefined where a price is unknown. */
function priceShare(
  { provider, model }: { provider: string; model: string },
  usage: Usage,
  { prices, ways }: Pick<RestOptions, 'prices' | 'ways'>,
): number | undefined {
  if (ways === undefined) return 1;
  const full = prices.priceOf(provider, model, usage);
  const ratioOf = (name: ExecutorName) => {
    const table = ways.executors.find((one) => one.name === name)?.prices?.(prices);
    if (table === undefined || full === 0) return 1;
    const price = table.priceOf(provider, model, usage);
    return price === undefined || full === undefined ? undefined : price / full;
  };
  let sum = 0;
  let rows = 0;
  for (const { rows: count, executor, laterTurns } of ways.shares) {
    const ratios = [executor, laterTurns ?? executor].map(ratioOf);
    if (ratios.includes(undefined) || count === null) return undefined;
    sum += (count * ratios.reduce((all: number, ratio) => all + (ratio ?? 0), 0)) / ratios.length;
    rows += count;
  }
  return rows === 0 ? 1 : sum / rows;
}

/** `; 979 rows in 1 provider job, 1 row in real time (…)`: how the rest runs, where some of it is not in real time. */
function sharesText(ways: RestOptions['ways']): string {
  if (ways === undefined || ways.shares.every(({ executor }) => executor !== 'batch-api')) return '';
  const texts = ways.shares.map(({ rows, executor, why }) =>
    executor !== 'batch-api'
      ? `${counted(rows ?? 0, 'row')} in real time at the full price (${why})`
      : `${counted(rows ?? 0, 'row')} ${why}`,
  );
  return `; ${texts.join(', ')}`;
}

function meanUsage(usage: Usage, attempts: number): Usage {
  return {
    inputTokens: Math.ceil(usage.inputTokens / attempts),
    outputTokens: Math.ceil(usage.outputTokens / attempts),
    cacheWriteTokens: Math.ceil(usage.cacheWriteTokens / attempts),
    cacheReadTokens: Math.ceil(usage.cacheReadTokens / attempts),
  };
}

function rangeOf({ mean, spread }: RowCost, attempts: number, rows: number): NonNullable<Estimate['cost_usd']> {
  const expected = mean * rows;
  if (spread === null) return asWideAs(null, expected);
  const t = tQuantile(attempts - 1);
  const half = t * spread * Math.sqrt(rows ** 2 / attempts + rows);
  return { low: usd(Math.max(0, expected - half)), expected: usd(expected), high: usd(expected + half) };
}

function basisOf(cost: RowCost | null, attempts: number): string {
  const rows = attempts === 1 ? 'one row' : `${attempts} rows`;
  if (cost === null) return `measured on ${rows} of this batch; the price of the model is unknown`;
  if (cost.repriced !== null)
    return `the tokens of ${rows} of this batch at the prices of ${cost.repriced}; another model may take more or fewer, so low is 0.6 and high 1.75 times the expected`;
  const each = `measured on ${rows} of this batch, ${dollars(cost.mean / 1e6)} a row on average`;
  if (cost.spread === null) return `${each}; one row shows no spread, so low is 0.6 and high 1.75 times the expected`;
  const range = `${each}, ± ${dollars(cost.spread / 1e6)} (standard deviation); the cost is between low and high in 95 of 100 cases if the other rows are similar`;
  return attempts < SMALL_SAMPLE ? `${range}. A small sample: the range is wide, and may still be wrong` : range;
}

/** Dollars with six decimals: micro-dollars. */
function usd(microUsd: number): number {
  return Math.round(microUsd) / 1e6;
}
