import type { Sample } from './exposition.ts';

/** Counts values by their size, for each set of labels. */
export interface Histogram {
  observe(labels: { [name: string]: string }, value: number): void;
  samples(): Sample[];
}

interface Series {
  labels: { [name: string]: string };
  /** Values of each bucket alone; the last has those above all limits. */
  counts: number[];
  sum: number;
}

/** A histogram with these upper limits, which ascend. */
export function createHistogram(limits: readonly number[]): Histogram {
  const series = new Map<string, Series>();
  return {
    observe(labels, value) {
      const key = Object.values(labels).join('\n');
      let one = series.get(key);
      if (one === undefined) {
        one = { labels, counts: Array.from({ length: limits.length + 1 }, () => 0), sum: 0 };
        series.set(key, one);
      }
      const found = limits.findIndex((limit) => value <= limit);
      const index = found === -1 ? limits.length : found;
      one.counts[index] = (one.counts[index] ?? 0) + 1;
      one.sum += value;
    },
    samples: () => [...series.values()].flatMap((one) => samplesOf(one, limits)),
  };
}

function samplesOf({ labels, counts, sum }: Series, limits: readonly number[]): Sample[] {
  let count = 0;
  const buckets = counts.map((own, index): Sample => {
    count += own;
    const le = limits[index] === undefined ? '+Inf' : String(limits[index]);
    return { suffix: '_bucket', labels: { ...labels, le }, value: count };
  });
  return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: count }];
}
