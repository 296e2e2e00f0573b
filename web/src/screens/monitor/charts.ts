import { formatCount, formatDuration, formatMoney, formatRate, formatSeconds, formatShare } from '../../data/format.ts';
import type { Point, Series } from '../../data/monitor.ts';
import { messages } from './messages.ts';

/** The names of the charts, as the address has them. */
export const CHARTS = ['throughput', 'success', 'times', 'spend', 'saved', 'queue'] as const;

/** One of {@link CHARTS}. */
export type ChartName = (typeof CHARTS)[number];

/** A chart with its texts and numbers. */
export interface ChartShown {
  title: string;
  figure: string;
  clause: string;
  lines: (number | null)[][];
  least?: number;
  most: number;
  format: (value: number) => string;
  heads: readonly string[];
  cells: (step: number) => string[];
}

/** What waits now, of all queues. */
export interface WaitingNow {
  waiting: number;
  /** Seconds; null: no job waits. */
  oldest: number | null;
  queues: number;
}

const DAY_MS = 86_400_000;
const or = (value: number | null, format: (value: number) => string) =>
  value === null ? messages.unknown : format(value);

/** The charts of a range. */
export function chartsOf(series: Series, now: WaitingNow): { [name in ChartName]: ChartShown } {
  return {
    throughput: throughput(series),
    success: success(series),
    times: times(series),
    spend: spend(series),
    saved: saved(series),
    queue: queue(series, now),
  };
}

function throughput({ points, stepMs }: Series): ChartShown {
  const { throughput: words } = messages;
  const unitMs = stepMs === DAY_MS ? DAY_MS : 60_000;
  const rates = points.map(({ succeeded, failed }) => ((succeeded + failed) * unitMs) / stepMs);
  return {
    title: unitMs === DAY_MS ? words.day : words.minute,
    figure: formatRate(rates.at(-1) ?? 0),
    clause: words.median(formatRate(medianOf(rates.filter((value) => value > 0)))),
    lines: [rates],
    most: niceMost(rates),
    format: formatRate,
    heads: words.heads,
    cells: (step) => [
      formatCount(points[step]?.succeeded ?? 0),
      formatCount(points[step]?.failed ?? 0),
      formatRate(rates[step] ?? 0),
    ],
  };
}

function success({ points, totals }: Series): ChartShown {
  const { success: words } = messages;
  const shares = points.map(shareOf);
  const known = shares.filter((share) => share !== null);
  const attempts = totals.rows_succeeded + totals.rows_failed;
  const least = Math.min(1, ...known);
  return {
    title: words.title,
    figure: attempts === 0 ? messages.unknown : formatShare(totals.rows_succeeded / attempts),
    clause: attempts === 0 ? words.none : words.clause(formatCount(attempts), formatShare(least)),
    lines: [shares],
    least: least > 0.95 ? 0.95 : least > 0.5 ? 0.5 : 0,
    most: 1,
    format: formatShare,
    heads: words.heads,
    cells: (step) => {
      const { succeeded = 0, failed = 0 } = points[step] ?? {};
      return [formatCount(succeeded), formatCount(succeeded + failed), or(shares[step] ?? null, formatShare)];
    },
  };
}

function times({ points, times: { calls, p50_seconds: p50, p95_seconds: p95 } }: Series): ChartShown {
  const { times: words } = messages;
  const lines = [points.map((point) => point.p50), points.map((point) => point.p95)];
  return {
    title: words.title,
    figure: or(p50, formatSeconds),
    clause: calls === 0 ? words.none : words.clause(or(p95, formatSeconds)),
    lines,
    most: niceMost(lines.flat()),
    format: formatSeconds,
    heads: words.heads,
    cells: (step) => [or(points[step]?.p50 ?? null, formatSeconds), or(points[step]?.p95 ?? null, formatSeconds)],
  };
}

function spend({ points, totals }: Series): ChartShown {
  const { spend: words } = messages;
  const lines = [points.map(({ cost }) => cost), points.map(({ standard }) => standard)];
  const unpriced = totals.unpriced_calls;
  return {
    title: words.title,
    figure: formatMoney(totals.cost_usd),
    clause: unpriced > 0 ? words.unpriced(formatCount(unpriced)) : words.clause(formatMoney(totals.standard_usd)),
    lines,
    most: niceMost(lines.flat()),
    format: formatMoney,
    heads: words.heads,
    cells: (step) => {
      const { cost = 0, standard = 0, saved: own = 0 } = points[step] ?? {};
      return [formatMoney(cost, 4), formatMoney(standard, 4), formatMoney(own, 4)];
    },
  };
}

function saved({ points, totals, cacheSaved }: Series): ChartShown {
  const { saved: words } = messages;
  const [all, cache] = [summedUp(points, (point) => point.saved), summedUp(points, (point) => point.cacheSaved)];
  return {
    title: words.title,
    figure: formatMoney(totals.saved_usd),
    clause: words.clause(formatMoney(cacheSaved)),
    lines: [all, cache],
    most: niceMost(all),
    format: formatMoney,
    heads: words.heads,
    cells: (step) => [
      formatMoney(points[step]?.saved ?? 0, 4),
      formatMoney(points[step]?.cacheSaved ?? 0, 4),
      formatMoney(all[step] ?? 0, 4),
    ],
  };
}

function queue({ points }: Series, { waiting, oldest, queues }: WaitingNow): ChartShown {
  const { queue: words } = messages;
  // The present stands in no sample yet.
  const line = points.map((point, step) =>
    step === points.length - 1 ? Math.max(point.waiting ?? 0, waiting) : point.waiting,
  );
  return {
    title: words.title,
    figure: formatCount(waiting),
    clause: oldest === null ? words.empty : words.clause(formatDuration(oldest), words.queues(queues)),
    lines: [line],
    most: niceMost(line),
    format: formatCount,
    heads: words.heads,
    cells: (step) => [or(line[step] ?? null, formatCount), or(points[step]?.oldest ?? null, formatDuration)],
  };
}

function shareOf({ succeeded, failed }: Point): number | null {
  return succeeded + failed === 0 ? null : succeeded / (succeeded + failed);
}

function summedUp(points: readonly Point[], of: (point: Point) => number): number[] {
  let sum = 0;
  return points.map((point) => {
    sum += of(point);
    return sum;
  });
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The end of an axis: the next of 1, 2 or 5 with zeros. */
function niceMost(values: readonly (number | null)[]): number {
  const most = Math.max(0, ...values.map((value) => value ?? 0));
  if (most === 0) return 1;
  const size = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 5, 10].find((step) => step * size >= most) ?? 10) * size;
}
