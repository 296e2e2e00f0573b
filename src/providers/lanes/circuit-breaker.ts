/**
 * Stops sending to a server that only fails. While closed, it lets all calls pass. After `threshold` faults without an
 * answer between them it opens, for a growing time. Then one call is sent as a probe; its end closes or reopens it.
 */
export interface CircuitBreaker {
  isOpen(): boolean;
  /** Time until a call may be sent; Infinity while a probe is in flight. */
  waitMs(now: number): number;
  /** A call is sent. True when it is the probe. */
  send(): boolean;
  answered(): void;
  /** A call failed because of the server. */
  faulted(isProbe: boolean, now: number): void;
  /** The probe ended without showing the server's state. */
  forgetProbe(): void;
  /** For how long it has been open, in milliseconds; undefined when it is closed. */
  openMs(now: number): number | undefined;
  /** Counts {@link openMs} from now on, so that the server gets the full patience again. */
  startOver(now: number): void;
}

export interface BreakerOptions {
  threshold: number;
  firstOpenMs: number;
  maxOpenMs: number;
}

/** Even if a third of all calls fail, ten faults in a row are not chance. A probe each minute is no load. */
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
