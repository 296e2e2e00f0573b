/** Durations are counted in steps of this ratio: a percentile is at most so much too high. */
const RATIO = 1.02;

/** How durations are spread, in constant memory. */
export interface Spread {
  add(ms: number): void;
  /** The mean, percentiles and the largest, in seconds; null before the first. */
  seconds(): { mean: number | null; p50: number | null; p95: number | null; max: number | null };
}

/** Starts without durations. */
export function createSpread(): Spread {
  const counts = new Map<number, number>();
  let [count, sum, max] = [0, 0, 0];
  const percentile = (share: number): number => {
    let left = Math.ceil(count * share);
    for (const [step, times] of [...counts].sort(([a], [b]) => a - b)) {
      left -= times;
      if (left <= 0) return Math.min(max, step === 0 ? 0 : RATIO ** (step - 1));
    }
    return max;
  };
  const rounded = (ms: number) => (count === 0 ? null : Math.round(ms) / 1000);
  return {
    add(ms) {
      const step = ms < 1 ? 0 : 1 + Math.ceil(Math.log(ms) / Math.log(RATIO));
      counts.set(step, (counts.get(step) ?? 0) + 1);
      [count, sum, max] = [count + 1, sum + ms, Math.max(max, ms)];
    },
    seconds: () => ({
      mean: rounded(sum / count),
      p50: rounded(percentile(0.5)),
      p95: rounded(percentile(0.95)),
      max: rounded(max),
    }),
  };
}
