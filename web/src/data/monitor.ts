import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './api.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** How far back the monitor looks. */
export const RANGES = {
  '1h': { lengthMs: 60 * MINUTE_MS, bucket: 'minute', stepMs: MINUTE_MS, everyMs: 5_000 },
  '24h': { lengthMs: DAY_MS, bucket: 'quarter_hour', stepMs: 15 * MINUTE_MS, everyMs: 15_000 },
  '30d': { lengthMs: 30 * DAY_MS, bucket: 'day', stepMs: DAY_MS, everyMs: 60_000 },
  year: { lengthMs: 365 * DAY_MS, bucket: 'day', stepMs: DAY_MS, everyMs: 60_000 },
} as const;

/** One of {@link RANGES}. */
export type Range = keyof typeof RANGES;

/** What happened in one step of a range. Money in dollars; null: nothing is known of this time. */
export interface Point {
  at: number;
  succeeded: number;
  failed: number;
  calls: number;
  cost: number;
  standard: number;
  saved: number;
  cacheSaved: number;
  p50: number | null;
  p95: number | null;
  waiting: number | null;
  oldest: number | null;
}

/** A range with its steps, in order of time, and its sums as the server adds them up. */
export interface Series {
  from: number;
  stepMs: number;
  points: Point[];
  totals: Schemas['Metrics']['totals'];
  times: Schemas['Load']['totals'];
  cacheSaved: number;
}

/** The series of a range, live. */
export function useSeries(range: Range) {
  const { lengthMs, bucket, stepMs, everyMs } = RANGES[range];
  return useQuery({
    queryKey: ['series', range],
    queryFn: async ({ signal }): Promise<Series> => {
      const now = Date.now();
      const from = Math.floor((now - lengthMs) / stepMs) * stepMs + stepMs;
      const query = { from: new Date(from).toISOString(), bucket };
      const [metrics, load] = await Promise.all([
        bodyOf(api.GET('/v1/metrics', { params: { query: { ...query, by: 'way' } }, signal })),
        bodyOf(api.GET('/v1/load', { params: { query }, signal })),
      ]);
      return seriesOf(metrics, load, { from, to: now, stepMs });
    },
    refetchInterval: everyMs,
    placeholderData: keepPreviousData,
  });
}

function seriesOf(
  metrics: Schemas['Metrics'],
  load: Schemas['Load'],
  { from, to, stepMs }: { from: number; to: number; stepMs: number },
): Series {
  const points = new Map<number, Point>();
  for (let at = from; at <= to; at += stepMs) points.set(at, emptyPoint(at));
  let cacheSaved = 0;
  for (const item of metrics.items) {
    const point = points.get(Date.parse(item.at));
    const cached = item.way === 'cache' ? item.saved_usd : 0;
    cacheSaved += cached;
    if (point === undefined) continue;
    point.succeeded += item.rows_succeeded;
    point.failed += item.rows_failed;
    point.calls += item.calls;
    point.cost += item.cost_usd;
    point.standard += item.standard_usd;
    point.saved += item.saved_usd;
    point.cacheSaved += cached;
  }
  for (const item of load.items) {
    const point = points.get(Date.parse(item.at));
    if (point === undefined) continue;
    const { p50_seconds: p50, p95_seconds: p95, oldest_seconds: oldest } = item;
    const waiting = item.waiting_jobs === null ? null : item.waiting_jobs + (item.waiting_rows ?? 0);
    Object.assign(point, { p50, p95, oldest, waiting });
  }
  return { from, stepMs, points: [...points.values()], totals: metrics.totals, times: load.totals, cacheSaved };
}

function emptyPoint(at: number): Point {
  const none = { succeeded: 0, failed: 0, calls: 0, cost: 0, standard: 0, saved: 0, cacheSaved: 0 };
  return { at, ...none, p50: null, p95: null, waiting: null, oldest: null };
}

/** A time from which on, and before which, calls are listed; without an end until now. */
export interface LedgerPeriod {
  from: string;
  to?: string | undefined;
}

/** What each batch cost in a period. */
export function usePeriodReport({ from, to }: LedgerPeriod) {
  return useQuery({
    queryKey: ['report', from, to],
    queryFn: async ({ signal }) => {
      const query = { from, ...(to !== undefined && { to }), format: 'json' as const };
      // The document names the other forms, too.
      return (await bodyOf(api.GET('/v1/reports', { params: { query }, signal }))) as Schemas['ServiceReport'];
    },
    refetchInterval: to === undefined ? 15_000 : false,
  });
}

/** The calls of a batch in a period, or of all that is outside of batches, a page at a time. */
export function useLedger(batch: string | undefined, { from, to }: LedgerPeriod) {
  return useInfiniteQuery({
    queryKey: ['ledger', batch, from, to],
    queryFn: ({ pageParam: cursor, signal }) => {
      const query = {
        ...(batch !== undefined && { batch_id: batch }),
        from,
        ...(to !== undefined && { to }),
        ...(cursor !== null && { cursor }),
      };
      return bodyOf(api.GET('/v1/ledger', { params: { query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor: next }) => next,
  });
}
