import type { Estimate } from '../contract/estimate.ts';
import type { BatchOptions } from '../contract/options.ts';
import type { BatchReport } from '../contract/report.ts';

/**
 * Whether a person has to agree before so much is spent. What counts is the expected cost, not its worst.
 * @param expectedUsd null when the price is unknown: then somebody has to agree
 * @param limitUsd 0: always
 */
export function mustConfirm(expectedUsd: number | null, limitUsd: number): boolean {
  return limitUsd === 0 || expectedUsd === null || expectedUsd > limitUsd;
}

/** Dollars that a start is expected to spend: of a sample only its rows, and never more than the cap. */
export function spendingOfStart(estimate: Estimate, { sample, max_cost_usd }: BatchOptions): number | null {
  const { cost_usd: cost, rows } = estimate;
  if (cost === null || rows === null) return null;
  const share = sample === undefined || rows === 0 ? 1 : Math.min(1, sample / rows);
  return Math.min(cost.expected * share, max_cost_usd ?? Number.POSITIVE_INFINITY);
}

/**
 * Dollars that going on with a batch is expected to spend: never more than what its cap leaves.
 * @param cap the cap in dollars that will hold, if any; it counts what is spent already
 */
export function spendingOfRest(
  estimate: Estimate | null,
  report: Pick<BatchReport, 'cost_usd' | 'counts'>,
  cap: number | undefined,
): number | null {
  const { total, queued, running } = report.counts;
  // Only its table is left to write.
  if (estimate === null && total !== null && total > 0 && queued + running === 0) return 0;
  if (estimate === null || estimate.cost_usd === null) return null;
  const left = cap === undefined ? Number.POSITIVE_INFINITY : Math.max(0, cap - (report.cost_usd ?? 0));
  return Math.min(estimate.cost_usd.expected, left);
}
