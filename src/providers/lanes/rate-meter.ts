import type { RateLimit } from '../provider.ts';

/** What a meter stood at when a call was taken from it; the call's answer is measured against it. */
export interface MeterReading {
  readonly units: number;
  readonly at: number;
  /** What was left after the call. */
  readonly left: number;
  /** Sums until then: of the corrections, and of the units sent; and the units of the other calls in flight. */
  readonly corrected: number;
  readonly sent: number;
  readonly others: number;
  readonly turn: number;
}

/**
 * One limit of so many units a minute, followed on our side. Times are milliseconds that only go forward.
 *
 * Two kinds of servers are told apart by what their headers say: a *bucket* refills evenly, and its reset is when it
 * will be full, so `(limit - remaining) / rate` from now; a *window* is whole again at its reset, which stands still.
 */
export interface RateMeter {
  /** Until so many units may be sent. Infinity: until a call that is under way has been answered. */
  waitMs(units: number, now: number): number;
  take(units: number, now: number): MeterReading;
  /** A call is over and was charged `units`; its headers, if they told, put the meter right. */
  settle(reading: MeterReading, units: number, told: { limit: RateLimit | undefined; now: number }): void;
}

export interface RateMeterOptions {
  limit: number;
  /** Left now. Default: all. */
  left?: number;
  /** A limit of our own, that no minute may pass: sent evenly, a second's worth at most at once. */
  isEven?: boolean;
  /** Length of the minute, for tests. */
  periodMs?: number;
  now: number;
}

/** Kept unsent, as a share of the limit: calls that overtake one another on the way must not be refused. */
const SLACK = 0.005;
/** A bucket keeps at least one more: it costs nothing there, for the rate stays the same. */
const LEAST_SLACK = 1;
/** Tolerances as shares of the minute: 2 s for resets told in whole seconds, 1.2 s until a window has surely turned. */
const RESET_TOLERANCE = 1 / 30;
const TURN_TOLERANCE = 1 / 50;

/** Starts a {@link RateMeter}. */
export function createRateMeter(options: RateMeterOptions): RateMeter {
  const { periodMs = 60_000, isEven = false } = options;
  let limit = options.limit;
  let level = isEven ? limit / 60 : (options.left ?? limit);
  let at = options.now;
  let corrected = 0;
  let sent = 0;
  let inFlight = 0;
  let votes = 0;
  /** The present window: when it ends, and which one it is. */
  let resetAt = Number.POSITIVE_INFINITY;
  let turn = 0;
  /** Set when a window should have turned: one call goes ahead and brings the proof. */
  let unprovenUntil: number | undefined;
  let isProbing = false;

  const isWindow = () => votes > 0;
  const most = () => (isEven ? limit / 60 : limit);
  // An even limit lets a second's worth go at once, so the rest of the minute has a sixtieth less.
  const rate = () => (limit / periodMs) * (isEven ? 59 / 60 : 1);
  const refill = (now: number) => {
    if (!isWindow()) level = Math.max(level, Math.min(most(), level + (now - at) * rate()));
    else if (now >= resetAt) {
      const turned = Math.floor((now - resetAt) / periodMs);
      // Calls on their way may count in the new window; their answers tell.
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
   * How far what is told lies outside of what can be explained. Calls overtake one another: those in flight when this
   * one was sent may have been counted after it, those sent since may have been counted before it.
   */
  const offBy = (remaining: number, reading: MeterReading, { now, tooMany }: { now: number; tooMany: number }) => {
    const left = reading.left + tooMany + (corrected - reading.corrected);
    const refilled = isWindow() ? 0 : (now - reading.at) * rate();
    const most = Math.min(limit, left + reading.others + refilled);
    const least = left - (sent - reading.sent);
    // Told as whole units.
    return remaining > most ? remaining - most : Math.min(0, remaining + 1 - least);
  };

  return {
    waitMs(units, now) {
      refill(now);
      if (unprovenUntil !== undefined) return isProbing ? Math.min(unprovenUntil - now, resetAt - now) : 0;
      const slack = isWindow() ? limit * SLACK : Math.max(LEAST_SLACK, limit * SLACK);
      const needed = isEven ? Math.min(units, most()) : Math.min(units + slack, limit);
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
    settle(reading, units, { limit: told, now }) {
      refill(now);
      inFlight -= reading.units;
      const tooMany = reading.units - units;
      level += tooMany;
      if (reading.turn !== turn) {
        // Sent before the window turned: counted in it only if its headers speak of it.
        const countedIn = told?.resetMs === undefined ? 0 : now + told.resetMs;
        if (countedIn < resetAt - periodMs / 2) level += units;
        return;
      }
      isProbing = false;
      if (told === undefined) return;
      unprovenUntil = undefined;
      const wasWindow = isWindow();
      hear(told, reading, now);
      const off =
        isWindow() === wasWindow
          ? offBy(told.remaining, reading, { now, tooMany })
          : told.remaining - (sent - reading.sent) - level;
      level += off;
      corrected += off;
    },
  };
}
