import { AppError } from '../base/errors.ts';
import type { MetricsQuery } from '../runner/contract/report/usage.ts';
import { type Period, periodOf } from './period.ts';

const SECONDS = { minute: 60, quarter_hour: 900, hour: 3_600, day: 86_400 } as const;
const DEFAULT_DAYS = 30;
/** Buckets of one answer. */
const MOST_BUCKETS = 10_000;

/**
 * The period of a time series, and the seconds of its buckets.
 * @throws AppError `invalid_arguments` when it would have too many buckets
 */
export function bucketsOf(
  { bucket, ...given }: Pick<MetricsQuery, 'bucket' | 'from' | 'to'>,
  now: number,
): { period: Period; seconds: number } {
  const period = periodOf(given, { now, days: bucket === 'minute' ? 1 : DEFAULT_DAYS });
  const seconds = SECONDS[bucket];
  const buckets = Math.ceil((period.to - period.from) / (seconds * 1000));
  if (buckets <= MOST_BUCKETS) return { period, seconds };
  const message = `has ${buckets} buckets of a ${bucket}; ask for at most ${MOST_BUCKETS}, or for a longer bucket`;
  throw new AppError('invalid_arguments', `The period ${message}.`, { faults: [{ place: 'query.bucket', message }] });
}
