import type { TokenCosts, Usage } from '../../protocol/messages.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { Store } from '../../storage/store.ts';
import type { Bill, BillLine } from '../contract/report/bill.ts';

type StoredBill = Awaited<ReturnType<Store['readBill']>>;

/** The bill of a batch, as faces show it: by kind of token, by model and by outcome of the attempts. */
export function billOf({ models, succeeded, failed }: StoredBill, totals: BatchRecord['totals']): Bill {
  const isUnpriced = totals.unpricedCalls > 0;
  const money = (microUsd: number): number | null => (isUnpriced ? null : toUsd(microUsd));
  const line = (kind: keyof TokenCosts, tokens: keyof Usage): BillLine => ({
    tokens: sum(models.map(({ usage }) => usage[tokens])),
    cost_usd: money(sum(models.map(({ microUsd }) => microUsd[kind]))),
  });
  return {
    input: line('input', 'inputTokens'),
    output: line('output', 'outputTokens'),
    cache_write: line('cacheWrite', 'cacheWriteTokens'),
    cache_read: line('cacheRead', 'cacheReadTokens'),
    models: models.map(({ model, calls, unpricedCalls, microUsd }) => ({
      model,
      calls,
      cost_usd: unpricedCalls > 0 ? null : toUsd(sum(Object.values(microUsd))),
    })),
    succeeded: { attempts: succeeded.attempts, cost_usd: money(succeeded.costMicroUsd) },
    failed: { attempts: failed.attempts, cost_usd: money(failed.costMicroUsd) },
    unfinished_cost_usd: money(Math.max(0, totals.costMicroUsd - succeeded.costMicroUsd - failed.costMicroUsd)),
  };
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Dollars, rounded to the pico-dollar, the unit of prices: sums of floats leave residues below it. */
export function toUsd(microUsd: number): number {
  return Math.round(microUsd * 1e6) / 1e12;
}
