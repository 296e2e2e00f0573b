import type { Estimate } from '../contract/estimate.ts';
import type { BatchOptions } from '../contract/options.ts';
import type { BatchReport } from '../contract/report.ts';

/**
 * Whether a person has to confirm this spending. The expected cost counts, not the worst case.
 * @param expectedUsd null when the price is unknown: a person then has to confirm
 * @param limitUsd 0: a person always has to confirm
 */
export function mustConfirm(expectedUsd: number | null, limitUsd: number): boolean {
  return limitUsd === 0 || expectedUsd === null || expectedUsd > limitUsd;
}

/** Dollars that a start is expected to spend: never more than the cap. @param expectedUsd the cost of its rows */
export function spendingOfStart(expectedUsd: number | null, { max_cost_usd }: BatchOptions): number | null {
  return expectedUsd === null ? null : Math.min(expectedUsd, max_cost_usd ?? Number.POSITIVE_INFINITY);
}

/**
 * Dollars that the rest of a batch is expected to spend: never more than its cap leaves.
 * @param cap the cap in dollars that will apply, if any; it includes the dollars already spent
 */
export function spendingOfRest(
  estimate: Estimate | null,
  report: Pick<BatchReport, 'cost_usd' | 'counts'>,
  cap: number | undefined,
): number | null {
  const { total, queued, running } = report.counts;
  // Only writing the table remains.
  if (estimate === null && total !== null && total > 0 && queued + running === 0) return 0;
  if (estimate === null || estimate.cost_usd === null) return null;
  const left = cap === undefined ? Number.POSITIVE_INFINITY : Math.max(0, cap - (report.cost_usd ?? 0));
  return Math.min(estimate.cost_usd.expected, left);
}
