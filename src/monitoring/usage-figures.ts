import type { UsageFigures } from '../runner/contract/report/usage.ts';
import type { UsageSum } from '../storage/usage.ts';

const MICRO = 1e6;

/** Sums as they are shown, in dollars. Sums of money are added in micro-dollars first: dollars would round twice. */
export function figuresOf(sums: readonly UsageSum[]): UsageFigures {
  const sum = (of: (one: UsageSum) => number) => sums.reduce((total, one) => total + of(one), 0);
  const [cost, saved] = [sum((one) => one.costMicroUsd), sum((one) => one.savedMicroUsd)];
  return {
    calls: sum((one) => one.calls),
    unpriced_calls: sum((one) => one.unpricedCalls),
    input_tokens: sum((one) => one.usage.inputTokens),
    output_tokens: sum((one) => one.usage.outputTokens),
    cache_write_tokens: sum((one) => one.usage.cacheWriteTokens),
    cache_read_tokens: sum((one) => one.usage.cacheReadTokens),
    cost_usd: cost / MICRO,
    standard_usd: (cost + saved) / MICRO,
    saved_usd: saved / MICRO,
    rows_succeeded: sum((one) => one.rowsSucceeded),
    rows_failed: sum((one) => one.rowsFailed),
  };
}
