const GROWTH = 1.2;
const MOST_MS = 60_000;
/** Random deviation of a wait, as a share, so that many batches don't ask at the same time. */
const JITTER = 0.1;

/** How long to wait before the provider is asked again. */
export interface Pace {
  next(): number;
  /** Starts with short waits again, after a change. */
  restart(): void;
}

/** Waits that grow by a fifth each, up to a minute. @param random in [0, 1) */
export function createPace(firstMs: number, random: () => number): Pace {
  let waitMs = firstMs;
  return {
    next() {
      const now = waitMs;
      waitMs = Math.min(waitMs * GROWTH, Math.max(MOST_MS, firstMs));
      return now * (1 - JITTER + 2 * JITTER * random());
    },
    restart() {
      waitMs = firstMs;
    },
  };
}
