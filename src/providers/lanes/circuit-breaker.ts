/**
 * Stops sending to a server that only fails. Closed, it lets everything through; after `threshold` faults without an
 * answer between them it opens for a growing time; then one call goes ahead as a probe, and its end closes or reopens it.
 */
export interface CircuitBreaker {
  isOpen(): boolean;
  /** Until a call may go; Infinity while a probe is under way. */
  waitMs(now: number): number;
  /** A call goes. True when it is the probe. */
  send(): boolean;
  answered(): void;
  /** A call met a fault of the server. */
  faulted(isProbe: boolean, now: number): void;
  /** The probe came to no end that says anything. */
  forgetProbe(): void;
  /** For how long it has been open, in milliseconds; undefined when it is closed. */
  openMs(now: number): number | undefined;
  /** Gives the server the whole patience once more. */
  startOver(now: number): void;
}

export interface BreakerOptions {
  threshold: number;
  firstOpenMs: number;
  maxOpenMs: number;
}

/** Ten faults in a row are no chance even at a third of all calls failing; a probe each minute harms nobody. */
export const BREAKER: BreakerOptions = { threshold: 10, firstOpenMs: 2_000, maxOpenMs: 60_000 };

/** A closed {@link CircuitBreaker}. */
export function createBreaker({ threshold, firstOpenMs, maxOpenMs }: BreakerOptions): CircuitBreaker {
  let faults = 0;
  let opened: { since: number; until: number; times: number } | undefined;
  let isProbing = false;
  return {
    isOpen: () => opened !== undefined,
    waitMs(now) {
      if (opened === undefined) return 0;
      return isProbing ? Number.POSITIVE_INFINITY : Math.max(0, opened.until - now);
    },
    send() {
      isProbing = opened !== undefined;
      return isProbing;
    },
    answered() {
      faults = 0;
      opened = undefined;
      isProbing = false;
    },
    faulted(isProbe, now) {
      faults += 1;
      if (opened === undefined) {
        if (faults >= threshold) opened = { since: now, until: now + firstOpenMs, times: 1 };
      } else if (isProbe) {
        isProbing = false;
        const until = now + Math.min(maxOpenMs, firstOpenMs * 2 ** opened.times);
        opened = { since: opened.since, until, times: opened.times + 1 };
      }
    },
    forgetProbe() {
      isProbing = false;
    },
    openMs: (now) => (opened === undefined ? undefined : now - opened.since),
    startOver(now) {
      if (opened !== undefined) opened = { ...opened, since: now };
    },
  };
}
