import { createRefusalShare, SHARED_EVIDENCE } from './refusal-share.ts';

/**
 * The limit of calls that a server keeps without reporting it, learnt from its refusals. *Free*: no limit is known, and
 * scattered refusals concern their calls alone. *Resting*: the limit is reached; after the time that was asked for, one
 * call is sent as a probe. *Paced*: calls are sent evenly, as many as were admitted between two ends of a rest. That is
 * right for a limit that refills evenly and for one that turns by the minute: both admit their limit in that time.
 */
export interface RequestCeiling {
  /** Time until a call may be sent. While it is free, 0 without reading the clock. */
  waitMs(now: () => number): number;
  sent(number: number, now: number): void;
  answered(number: number): void;
  /** A call was refused. Says whether that concerns the call alone, and how long the refusal asks to wait. */
  refused(call: { number: number; sentAt: number }, refusal: Refusal): { isAlone: boolean; askedMs: number };
  /** Whether no limit is known. */
  isFree(): boolean;
  /** Time left of a rest. */
  restMs(now: number): number;
}

interface Refusal {
  retryAfterMs: number | undefined;
  now: number;
  /** The number of the last call. */
  sent: number;
  /** The server reports its limits: calls are paced by these, and not by what is learnt here. */
  isTold: boolean;
}

interface Rest {
  from: number;
  until: number;
  /** Calls up to this one were sent before. */
  upTo: number;
  rounds: number;
  probe: { number: number; at: number; until: number } | undefined;
}

/** First wait of a rest that no refusal gives a time; doubled with each refused probe. */
const FIRST_REST_MS = 250;
/** Longer waits would find the turn of a minute too late; a longer rest waits a twentieth of its time. */
const LONG_REST_MS = 2_000;
const REST_SHARE = 0.05;
const MOST_REST_MS = 30_000;
/** The share of the admitted rate that is sent. */
const MARGIN = 0.99;
/** Fewer admitted calls are no measure by themselves. */
const LEAST_MEASURE = 50;
/** Fewer of them are no measure even together with what came before. */
const FEW = 8;
/** Refusals within this many calls are one event. */
const ONE_EVENT = 20;
/** Scattered refusals of a share above one of this many calls are looked into. */
const SCATTERED = 100;
/** After this many refusals while the rate fell by this share, they have nothing to do with the rate: it is free again. */
const FRUITLESS = { refusals: 8, left: 0.85 };
/** Older calls say nothing about the rate. */
const MEASURE_MS = 60_000;
/** Each refused call is paid back by this many calls before more than the measured rate is tried. */
const CALLS_PER_REFUSAL = 100;
const MOST_REFUSALS_OWED = 6;
/** Calls a millisecond below which each refusal weighs twice as much: fewer calls share the cost of a try. */
const SLOW = 200 / 60_000;
/** The first measure may be far too low: after this many calls it is doubled. */
const FIRST_HOLD = 200;
/** A paid rate is raised once a minute by these shares; after the last of them it is free. */
const RAISE_MS = 60_000;
const RAISES = [0.03, 1];
/** While calls are paced, two refused ones with at most one between them show that the limit is reached. */
const PACED_EVIDENCE = 1.75;
/** Calls that were late because of timers are caught up with. */
const CATCH_UP_MS = 100;

/** Starts as free. */
export function createRequestCeiling(random: () => number): RequestCeiling {
  /** Calls a millisecond. */
  let rate = Number.POSITIVE_INFINITY;
  let nextAt = 0;
  let rest: Rest | undefined;
  let share = createRefusalShare();
  let refusalMs = 0;
  let lastSent = 0;
  /** Calls up to this one belong to the time before the last rest. */
  let openedAfter = 0;
  /** Where the measure starts; `refused` counts from there. */
  let start: { at: number; after: number; refused: number } | undefined;
  let isLearning = true;
  /** Scattered refusals since a call, its time, and the rate then. */
  let singles = { count: 0, at: 0, after: 0, from: rate };
  /** What the latest scattered refusal changed: restored when it was the first of a limit. */
  let undo: { after: number; rate: number; start: typeof start } | undefined;
  let raise = { step: 0, at: 0, after: 0, notBefore: 0 };

  const measure = (at: number, after: number): { rate: number; admitted: number } => {
    if (start === undefined) return { rate, admitted: 0 };
    const admitted = after - start.after - start.refused;
    return { rate: (MARGIN * admitted) / wholeMinutes(at - start.at), admitted };
  };
  /** Nothing more is tried before each refused call is paid back. */
  const owe = (at: number, after: number) => {
    const calls = CALLS_PER_REFUSAL * (rate < SLOW ? 2 : 1);
    const notBefore = Math.min(Math.max(raise.notBefore, after) + calls, after + calls * MOST_REFUSALS_OWED);
    raise = { step: 0, at, after, notBefore };
  };
  const reopen = (probe: { number: number; at: number }) => {
    const after = probe.number - 1;
    const isFirst = rate === Number.POSITIVE_INFINITY;
    const measured = measure(probe.at, after);
    if (!isLearning) rate = Number.POSITIVE_INFINITY;
    else if (measured.admitted >= FEW) rate = Math.max(isFirst ? 0 : rate / 2, measured.rate);
    if (measured.admitted >= LEAST_MEASURE) start = { at: probe.at, after, refused: 0 };
    if (isFirst) raise = { step: 1, at: probe.at, after, notBefore: after + FIRST_HOLD };
    share = createRefusalShare();
    openedAfter = after;
    singles = { count: 0, at: 0, after, from: rate };
    nextAt = probe.at + 1 / rate;
    rest = undefined;
  };
  const restFrom = (now: number, asked: number | undefined, from: Rest): number => {
    // A limit of few calls has none sooner than its rate.
    const callMs = 1 / rate;
    const longest = Math.max(LONG_REST_MS, 6 * callMs);
    const doubled = Math.min(longest, Math.max(FIRST_REST_MS, callMs) * 2 ** (from.rounds - 1)) * (0.5 + random() / 2);
    const wait = asked || Math.min(MOST_REST_MS, Math.max(doubled, REST_SHARE * (now - from.from)));
    from.until = Math.max(from.until, now + wait);
    return wait;
  };
  const single = (now: number, sent: number) => {
    singles.count += 1;
    const measured = measure(now, sent);
    if (undo === undefined || sent - undo.after >= ONE_EVENT) undo = { after: sent, rate, start };
    if (measured.admitted < LEAST_MEASURE) rate *= MARGIN;
    else {
      if (measured.rate < rate * 0.9) singles = { count: 1, at: now, after: sent, from: measured.rate };
      rate = Math.min(rate, measured.rate);
      start = { at: now, after: sent, refused: 0 };
    }
    nextAt = Math.max(nextAt, now) + 1 / rate;
    if (sent - singles.after > singles.count * SCATTERED) singles = { count: 1, at: now, after: sent, from: rate };
    else if (singles.count >= FRUITLESS.refusals && rate < singles.from * FRUITLESS.left) {
      rate = Number.POSITIVE_INFINITY;
      singles = { count: 0, at: now, after: sent, from: rate };
    }
  };
  const raiseRate = (now: number) => {
    if (lastSent < raise.notBefore || now - raise.at < RAISE_MS) return;
    const isUsed = lastSent - raise.after >= 0.8 * rate * (now - raise.at);
    const by = RAISES[raise.step];
    raise = { ...raise, step: raise.step + (isUsed ? 1 : 0), at: now, after: lastSent };
    if (isUsed) rate = by === undefined ? Number.POSITIVE_INFINITY : rate * (1 + by);
  };

  return {
    waitMs(clock) {
      if (rest === undefined && rate === Number.POSITIVE_INFINITY) return 0;
      const now = clock();
      if (rest !== undefined) {
        if (now < rest.until) return rest.until - now;
        if (rest.probe === undefined) return 0;
        if (now < rest.probe.until) return rest.probe.until - now;
        reopen(rest.probe);
      }
      raiseRate(now);
      return Math.max(0, nextAt - now);
    },
    sent(number, now) {
      lastSent = number;
      if (start === undefined) start = { at: now, after: number - 1, refused: 0 };
      // The turns of a limit by the minute are whole minutes after the end of a rest, so measures start there.
      else if (rest === undefined && now - start.at >= MEASURE_MS && number - start.after > LEAST_MEASURE)
        start = { at: now - ((now - start.at) % MEASURE_MS), after: number - 1, refused: 0 };
      if (rest !== undefined) rest.probe = { number, at: now, until: now + 2 * refusalMs + 20 };
      else nextAt = Math.max(nextAt, now - CATCH_UP_MS) + 1 / rate;
    },
    answered(number) {
      if (rest?.probe?.number === number) reopen(rest.probe);
    },
    refused({ number, sentAt }, { retryAfterMs, now, sent, isTold }) {
      refusalMs = Math.max(now - sentAt, refusalMs * 0.9);
      if (number <= openedAfter) return { isAlone: false, askedMs: retryAfterMs ?? 0 };
      if (start !== undefined && number > start.after) start.refused += 1;
      owe(now, sent);
      if (rest !== undefined) {
        if (number > rest.upTo) {
          rest.rounds += 1;
          rest.probe = undefined;
          return { isAlone: false, askedMs: restFrom(now, retryAfterMs, rest) };
        }
        if (retryAfterMs) rest.until = Math.max(rest.until, now + retryAfterMs);
        return { isAlone: false, askedMs: retryAfterMs ?? 0 };
      }
      share.refused(number);
      const isPaced = rate < Number.POSITIVE_INFINITY;
      if (share.evidence() < (isPaced ? PACED_EVIDENCE : SHARED_EVIDENCE)) {
        if (isPaced) single(now, sent);
        return { isAlone: true, askedMs: retryAfterMs ?? 0 };
      }
      isLearning = !isTold;
      // The refusal before this one was the first of the limit, and not a scattered one.
      if (undo !== undefined && sent - undo.after < ONE_EVENT && undo.start !== undefined) {
        rate = undo.rate;
        if (start !== undo.start) start = { ...undo.start, refused: undo.start.refused + 1 };
      }
      undo = undefined;
      rest = { from: now, until: now, upTo: sent, rounds: 1, probe: undefined };
      return { isAlone: false, askedMs: restFrom(now, retryAfterMs, rest) };
    },
    isFree: () => rest === undefined && rate === Number.POSITIVE_INFINITY,
    restMs: (now) => (rest === undefined ? 0 : Math.max(0, rest.until - now)),
  };
}

/** A limit by the minute opens at its turn, which a rest finds up to some seconds late. */
function wholeMinutes(elapsedMs: number): number {
  const minutes = Math.floor(elapsedMs / 60_000) * 60_000;
  return minutes > 0 && elapsedMs - minutes < 3000 ? minutes : elapsedMs;
}
