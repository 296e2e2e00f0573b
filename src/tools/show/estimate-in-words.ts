import { count, dollars } from '../../base/figures.ts';
import type { Estimate } from '../../runner/contract/report/estimate.ts';

/** An estimate as the end of a sentence. */
export function inWords(estimate: Estimate | null): string {
  if (estimate === null) return 'no estimate can be made';
  const rows = estimate.rows === null ? 'an unknown number of rows' : `about ${count(estimate.rows)} rows`;
  const cost = estimate.cost_usd;
  if (cost === null) return `${rows}, cost unknown`;
  return `${rows}, expected cost ${dollars(cost.expected)} (${dollars(cost.low)} to ${dollars(cost.high)})`;
}
