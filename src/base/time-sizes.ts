const LEAST_MS = 10;
/** Sizes that double the time. */
const PER_DOUBLING = 4;
/** The last size has everything above 2.5 hours. */
const SIZES = 80;

/**
 * The class of a time by its length, from 0: each is 1.19 times as long as the one before, so counts of classes give
 * percentiles to within 10 % and are added without loss.
 */
export function sizeOfTime(ms: number): number {
  if (ms <= LEAST_MS) return 0;
  return Math.min(SIZES - 1, Math.ceil(PER_DOUBLING * Math.log2(ms / LEAST_MS)));
}

/** The middle of a class, in milliseconds. */
export function timeOfSize(size: number): number {
  return LEAST_MS * 2 ** ((size - 0.5) / PER_DOUBLING);
}

/**
 * The time that a share of all calls did not pass, in milliseconds, to within 10 %; null without calls.
 * @param counts how many times there are of each class
 */
export function percentileOf(counts: readonly { size: number; calls: number }[], share: number): number | null {
  const total = counts.reduce((sum, { calls }) => sum + calls, 0);
  let below = 0;
  for (const { size, calls } of counts.toSorted((a, b) => a.size - b.size)) {
    below += calls;
    if (below >= total * share && calls > 0) return timeOfSize(size);
  }
  return null;
}
