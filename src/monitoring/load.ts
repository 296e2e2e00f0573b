import { isoTime } from '../base/clock.ts';
import { percentileOf } from '../base/time-sizes.ts';
import type { LoadQuery, LoadReport } from '../runner/contract/request/load.ts';
import type { CallTimes, UsageStore } from '../storage/usage.ts';
import { bucketsOf } from './buckets.ts';

/**
 * How long model calls took and how much waited, over time.
 * @throws AppError `invalid_arguments` when the period would have too many buckets
 */
export async function readLoad(
  query: LoadQuery,
  { store, now }: { store: Pick<UsageStore, 'readCallTimes' | 'readWaiting'>; now: number },
): Promise<LoadReport> {
  const { period, seconds } = bucketsOf(query, now);
  const [times, waiting] = await Promise.all([
    store.readCallTimes(period, seconds),
    store.readWaiting(period, seconds),
  ]);
  const timesAt = Map.groupBy(times, ({ at }) => at);
  const waitingAt = new Map(waiting.map((sample) => [sample.at, sample]));
  const starts = [...new Set([...timesAt.keys(), ...waitingAt.keys()])].toSorted((a, b) => a - b);
  return {
    from: isoTime(period.from),
    to: isoTime(period.to),
    bucket: query.bucket,
    items: starts.map((at) => {
      const [own, sample] = [timesAt.get(at) ?? [], waitingAt.get(at)];
      return {
        at: isoTime(at),
        seconds: Math.max(sample?.seconds ?? 0, ...own.map((one) => one.seconds)),
        ...timesOf(own),
        waiting_jobs: sample?.jobs ?? null,
        waiting_rows: sample?.rows ?? null,
        oldest_seconds: sample === undefined ? null : sample.oldestMs / 1000,
      };
    }),
    totals: timesOf(times),
  };
}

function timesOf(times: readonly CallTimes[]): LoadReport['totals'] {
  const secondsOf = (share: number) => {
    const ms = percentileOf(times, share);
    return ms === null ? null : ms / 1000;
  };
  return {
    calls: times.reduce((sum, { calls }) => sum + calls, 0),
    p50_seconds: secondsOf(0.5),
    p95_seconds: secondsOf(0.95),
  };
}
