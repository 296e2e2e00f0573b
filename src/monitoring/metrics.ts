import { isoTime } from '../base/clock.ts';
import type { MetricsQuery, MetricsReport } from '../runner/contract/report/usage.ts';
import type { UsageStore } from '../storage/usage.ts';
import { bucketsOf } from './buckets.ts';
import { figuresOf } from './usage-figures.ts';

/**
 * The time series of a period.
 * @throws AppError `invalid_arguments` when it would have too many buckets
 */
export async function readMetrics(
  { bucket, by = [], ...given }: MetricsQuery,
  { store, now }: { store: Pick<UsageStore, 'readUsage'>; now: number },
): Promise<MetricsReport> {
  const { period, seconds } = bucketsOf({ ...given, bucket }, now);
  const { from, to } = period;
  const sums = await store.readUsage({ from, to, seconds, by });
  return {
    from: isoTime(from),
    to: isoTime(to),
    bucket,
    items: sums.map((sum) => {
      const { batch, ...fields } = sum.by;
      return {
        ...{ at: isoTime(sum.at ?? 0), seconds: sum.seconds },
        ...fields,
        ...(batch !== undefined && { batch_id: batch }),
        ...figuresOf([sum]),
      };
    }),
    totals: figuresOf(sums),
  };
}
