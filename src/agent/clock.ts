/** Time as the loop sees it, so that tests can turn it by hand. */
export interface Clock {
  /** Milliseconds on any scale that only goes forward. */
  now(): number;
  /** Calls back once after `delayMs`; the returned function cancels it and is idempotent. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** The longest delay that a Node timer takes; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
