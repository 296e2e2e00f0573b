import type { PriceTable } from '../../../providers/prices/prices.ts';
import type { ExecutorName } from '../../contract/executor-name.ts';
import type { Estimate } from '../../contract/report/estimate.ts';
import type { Executor } from '../../execution/executor.ts';
import { longestWait, type RowShare } from '../../execution/row-share.ts';
import { type CostRange, costOfRows, type EstimateBasis, estimateBatch, sumOfCosts, withFallback } from './estimate.ts';

/** What the estimate of rows that run in several ways depends on, besides the rows. */
export interface SharePrices {
  executors: readonly Executor[];
  prices: PriceTable;
}

/** Estimates a batch whose rows run in these ways: each share at the price of its executor. */
export function estimateShares(
  basis: EstimateBasis,
  shares: readonly RowShare[],
  { executors, prices }: SharePrices,
): Estimate {
  const whole = estimateBatch(basis, prices);
  const hours = longestWait(shares);
  const waves = basis.agent.tools.length > 0 ? ', once for each turn' : '';
  return {
    ...whole,
    cost_usd: sumOfCosts(shares.map((share) => costOfShare(basis, share, { executors, prices }))),
    duration_seconds: hours === undefined ? whole.duration_seconds : hours * 3600,
    basis: hours === undefined ? whole.basis : `${whole.basis} ${waitText(hours, waves)}`,
  };
}

function waitText(hours: number, waves: string): string {
  return `Through the batch API, which takes ${hours} hours at most${waves} and often far less.`;
}

/** The dollars of rows that run in one way; null when unknown. */
export function costOfShare(
  basis: EstimateBasis,
  { rows, executor, laterTurns = executor }: RowShare,
  parts: SharePrices,
): CostRange | null {
  if (rows === null) return null;
  const cost = costOfRows(basis, rows, [pricesOf(executor, parts), pricesOf(laterTurns, parts)]);
  return withFallback(cost, basis, { rows, prices: parts.prices });
}

function pricesOf(name: ExecutorName, { executors, prices }: SharePrices): PriceTable {
  return executors.find((one) => one.name === name)?.prices?.(prices) ?? prices;
}
