import type { RateLimit } from '../provider.ts';

/** The state of a meter when a call was taken from it; the call's answer is compared with it. */
export interface MeterReading {
  readonly units: number;
  readonly at: number;
  /** Units left after the call. */
  readonly left: number;
  /** Sums until then: of the corrections, and of the units sent; and the units of the other calls in flight. */
  readonly corrected: number;
  readonly sent: number;
  readonly others: number;
  readonly turn: number;
}

/**
 * One limit of units per minute, tracked on our side. Times are monotonic milliseconds.
 *
 * Two kinds of servers are distinguished by their headers: a *bucket* refills evenly, and its reset is when it will be
 * full, so `(limit - remaining) / rate` from now; a *window* is full again at its reset, which is a fixed time.
 */
export interface RateMeter {
  /** Time until the units may be sent. Infinity: until a call in flight has been answered. */
  waitMs(units: number, now: number): number;
  take(units: number, now: number): MeterReading;
  /** A call has ended and was charged `units`; the limits in its headers, if any, correct the meter. */
  settle(reading: MeterReading, units: number, heard: { limit: RateLimit | undefined; now: number }): void;
}

export interface RateMeterOptions {
  limit: number;
  /** Left now. Default: all. */
  left?: number;
  /**
   * A limit of our own that no minute may exceed: units are sent evenly. A `calls` limit is also kept in every second,
   * the first one included; units of another kind are sent in bursts of at most a second's worth.
   */
  isEven?: 'calls' | 'units';
  /** Length of the minute, for tests. */
  periodMs?: number;
  now: number;
}

/** A reserve, as a share of the limit: calls that overtake one another on the way must not be refused. */
const SLACK = 0.005;
/** Smallest reserve of a bucket, in units: it costs nothing there, because the rate stays the same. */
const LEAST_SLACK = 1;
/** Tolerances as shares of the minute: 2 s for resets in whole seconds, 1.2 s until a window has surely restarted. */
const RESET_TOLERANCE = 1 / 30;
const TURN_TOLERANCE = 1 / 50;

/**
 * The largest burst of an even limit. Calls: the burst and the calls of one second at 59/60 of the rate are together
 * less than one call over a second's share, so that no second has more than its share.
 */
function burstOf(limit: number, kind: 'calls' | 'units'): number {
  const share = limit / 60;
  return kind === 'units' ? share : 1 + (0.9 * share) / 60;
}

/** Starts a {@link RateMeter}. */
export function createRateMeter(options: RateMeterOptions): RateMeter {
  const { periodMs = 60_000, isEven } = options;
  let limit = options.limit;
  let level = isEven === undefined ? (options.left ?? limit) : burstOf(limit, isEven);
  let at = options.now;
  let corrected = 0;
  let sent = 0;
  let inFlight = 0;
  let votes = 0;
  /** The current window: its end and its number. */
  let resetAt = Number.POSITIVE_INFINITY;
  let turn = 0;
  /** Set when a window should have restarted: one call is sent first, and its answer proves it. */
  let unprovenUntil: number | undefined;
  let isProbing = false;

  const isWindow = () => votes > 0;
  const most = () => (isEven === undefined ? limit : burstOf(limit, isEven));
  // A burst of up to a second's worth comes on top of an even rate, so the rate is a sixtieth lower.
  const rate = () => (limit / periodMs) * (isEven === undefined ? 1 : 59 / 60);
  const refill = (now: number) => {
    if (!isWindow()) level = Math.max(level, Math.min(most(), level + (now - at) * rate()));
    else if (now >= resetAt) {
      const turned = Math.floor((now - resetAt) / periodMs);
      // Calls in flight may count in the new window; their answers show it.
      level = limit - inFlight;
      turn += 1;
      unprovenUntil = resetAt + turned * periodMs + periodMs * TURN_TOLERANCE;
      resetAt += (turned + 1) * periodMs;
      isProbing = false;
    }
    at = now;
    if (unprovenUntil !== undefined && now >= unprovenUntil) unprovenUntil = undefined;
  };
  const hear = ({ limit: stated, remaining, resetMs }: RateLimit, reading: MeterReading, now: number) => {
    limit = stated;
    if (resetMs === undefined) return;
    const full = ((stated - remaining) / stated) * periodMs;
    const tolerance = periodMs * RESET_TOLERANCE;
    const isBucket = resetMs <= full + tolerance && resetMs >= full - (now - reading.at) - tolerance;
    votes = Math.max(-3, Math.min(3, votes + (isBucket ? -1 : 1)));
    if (isWindow()) resetAt = now + Math.max(1, resetMs);
  };

  /**
   * How far the reported value lies outside the explainable range. Calls overtake one another: those in flight when
   * this one was sent may have been counted after it, those sent since may have been counted before it.
   */
  const offBy = (remaining: number, reading: MeterReading, { now, tooMany }: { now: number; tooMany: number }) => {
    const left = reading.left + tooMany + (corrected - reading.corrected);
    const refilled = isWindow() ? 0 : (now - reading.at) * rate();
    const most = Math.min(limit, left + reading.others + refilled);
    const least = left - (sent - reading.sent);
    // Reported as whole units.
    return remaining > most ? remaining - most : Math.min(0, remaining + 1 - least);
  };

  return {
    waitMs(units, now) {
      refill(now);
      if (unprovenUntil !== undefined) return isProbing ? Math.min(unprovenUntil - now, resetAt - now) : 0;
      const slack = isWindow() ? limit * SLACK : Math.max(LEAST_SLACK, limit * SLACK);
      const needed = isEven !== undefined ? Math.min(units, most()) : Math.min(units + slack, limit);
      if (level >= needed) return 0;
      return Math.max(1, isWindow() ? resetAt - now : (needed - level) / rate());
    },
    take(units, now) {
      refill(now);
      level -= units;
      isProbing = unprovenUntil !== undefined;
      sent += units;
      inFlight += units;
      return { units, at: now, left: level, corrected, turn, sent, others: inFlight - units };
    },
    settle(reading, units, { limit: reported, now }) {
      refill(now);
      inFlight -= reading.units;
      const tooMany = reading.units - units;
      level += tooMany;
      if (reading.turn !== turn) {
        // Sent before the window restarted: counted in the new one only if its headers describe the new one.
        const countedIn = reported?.resetMs === undefined ? 0 : now + reported.resetMs;
        if (countedIn < resetAt - periodMs / 2) level += units;
        return;
      }
      isProbing = false;
      if (reported === undefined) return;
      unprovenUntil = undefined;
      const wasWindow = isWindow();
      hear(reported, reading, now);
      const off =
        isWindow() === wasWindow
          ? offBy(reported.remaining, reading, { now, tooMany })
          : reported.remaining - (sent - reading.sent) - level;
      level += off;
      corrected += off;
    },
  };
}
