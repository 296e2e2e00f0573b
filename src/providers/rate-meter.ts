import type { RateLimit } from './provider.ts';

/** What a meter stood at when a call was taken from it; the call's answer is measured against it. */
export interface MeterReading {
  readonly units: number;
  readonly at: number;
  /** What was left after the call. */
  readonly left: number;
  /** Sum of the corrections until then. */
  readonly corrected: number;
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

/** Kept unsent, as a share of the limit: what orders calls differently on the way must not be refused. */
const SLACK = 0.005;
/** A correction below this share of the limit may be noise of the order of calls: a fifth of it is taken. */
const NOISE = 0.02;
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
      level = limit;
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

  return {
    waitMs(units, now) {
      refill(now);
      if (unprovenUntil !== undefined) return isProbing ? Math.min(unprovenUntil - now, resetAt - now) : 0;
      const needed = isEven ? Math.min(units, most()) : Math.min(units + limit * SLACK, limit);
      if (level >= needed) return 0;
      return Math.max(1, isWindow() ? resetAt - now : (needed - level) / rate());
    },
    take(units, now) {
      refill(now);
      level -= units;
      isProbing = unprovenUntil !== undefined;
      return { units, at: now, left: level, corrected, turn };
    },
    settle(reading, units, { limit: told, now }) {
      refill(now);
      const tooMany = reading.units - units;
      level += tooMany;
      if (reading.turn !== turn) return;
      isProbing = false;
      if (told === undefined) return;
      unprovenUntil = undefined;
      hear(told, reading, now);
      const off = told.remaining - (reading.left + tooMany) - (corrected - reading.corrected);
      const step = Math.abs(off) > Math.max(2, limit * NOISE) ? off : off / 5;
      level += step;
      corrected += step;
    },
  };
}
