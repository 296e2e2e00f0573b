import { AppError } from '../base/errors.ts';
import type { MetricsQuery, MetricsReport } from '../runner/contract/usage.ts';
import type { UsageStore } from '../storage/usage.ts';
import { periodOf } from './period.ts';
import { figuresOf } from './usage-figures.ts';

const SECONDS = { minute: 60, hour: 3_600, day: 86_400 } as const;
const DEFAULT_DAYS = 30;
/** Buckets of one answer. */
const MOST_BUCKETS = 10_000;

/**
 * The time series of a period.
 * @throws AppError `invalid_arguments` when it would have too many buckets
 */
export async function readMetrics(
  { bucket, by = [], ...given }: MetricsQuery,
  { store, now }: { store: Pick<UsageStore, 'readUsage'>; now: number },
): Promise<MetricsReport> {
  const { from, to } = periodOf(given, { now, days: bucket === 'minute' ? 1 : DEFAULT_DAYS });
  const seconds = SECONDS[bucket];
  const buckets = Math.ceil((to - from) / (seconds * 1000));
  if (buckets > MOST_BUCKETS) {
    const message = `has ${buckets} buckets of a ${bucket}; ask for at most ${MOST_BUCKETS}, or for a longer bucket`;
    throw new AppError('invalid_arguments', `The period ${message}.`, { faults: [{ place: 'query.bucket', message }] });
  }
  const sums = await store.readUsage({ from, to, seconds, by });
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    bucket,
    items: sums.map((sum) => {
      const { batch, ...fields } = sum.by;
      return {
        ...{ at: new Date(sum.at ?? 0).toISOString(), seconds: sum.seconds },
        ...fields,
        ...(batch !== undefined && { batch_id: batch }),
        ...figuresOf([sum]),
      };
    }),
    totals: figuresOf(sums),
  };
}
