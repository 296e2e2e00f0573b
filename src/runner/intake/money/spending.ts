import type { Estimate } from '../../contract/report/estimate.ts';
import type { BatchReport } from '../../contract/report/report.ts';
import type { BatchOptions } from '../../contract/request/options.ts';

/**
 * Whether a person has to confirm this spending. The high end of an estimate counts, so that a yes is never for less than
 * what is then spent.
 * @param highUsd null when the price is unknown: a person then has to confirm
 * @param limitUsd 0: a person always has to confirm
 */
export function mustConfirm(highUsd: number | null, limitUsd: number): boolean {
  return limitUsd === 0 || highUsd === null || highUsd > limitUsd;
}

/** Dollars that a start may spend: the high end of its cost, and never more than the cap. */
export function spendingOfStart(cost: Estimate['cost_usd'], { max_cost_usd }: BatchOptions): number | null {
  return cost === null ? null : Math.min(cost.high, max_cost_usd ?? Number.POSITIVE_INFINITY);
}

/**
 * Dollars that the rest of a batch may spend: the high end of its cost, and never more than its cap leaves.
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
  return Math.min(estimate.cost_usd.high, left);
}
