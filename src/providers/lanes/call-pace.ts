import { createAdmittedRate, LEAST_MEASURE, type MeasureStart } from './admitted-rate.ts';
import type { RestProbe } from './lane-rest.ts';
import { createLimitTrial } from './limit-trial.ts';

/**
 * The even rate of calls under a limit that no header reports: as many as were admitted between two ends of a rest. That
 * is right for a limit that refills evenly and for one that turns by the minute: both admit their limit in that time.
 */
export interface CallPace {
  /** Whether calls are not paced. */
  isFree(): boolean;
  /** Whether a limit is known. While one is only tried, calls are paced and none is. */
  isKnown(): boolean;
  /** Milliseconds between two calls; 0 while it is free. */
  callMs(): number;
  waitMs(now: number): number;
  sent(number: number, now: number, isResting: boolean): void;
  /** A call was refused. `sent` is the number of the last call. */
  refused(number: number, now: number, sent: number): void;
  /** The refusal of that call stood alone. */
  refusedAlone(number: number, now: number, sent: number): void;
  /** Refusals show that the limit is reached: a rest begins. */
  limitReached(sent: number): void;
  /** A rest has ended. `isLearning`: the rate is learnt from what was admitted since the rest before. */
  resume(probe: RestProbe, isLearning: boolean): void;
}

/** The share of the admitted rate that is sent. */
const MARGIN = 0.99;
/** Fewer admitted calls are no measure even together with what came before. */
const FEW = 8;
/** Refusals within this many calls are one event. */
const ONE_EVENT = 20;
/** Scattered refusals of a share above one of this many calls are looked into. */
const SCATTERED = 100;
/** After this many refusals while the rate fell by this share, they have nothing to do with the rate: it is free again. */
const FRUITLESS = { refusals: 8, left: 0.85 };
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
/** Calls that were late because of timers are caught up with. */
const CATCH_UP_MS = 100;

interface PaceState {
  /** Calls a millisecond. */
  rate: number;
  nextAt: number;
  lastSent: number;
  /** Scattered refusals since a call, its time, and the rate then. */
  singles: { count: number; at: number; after: number; from: number };
  /** What the latest scattered refusal changed: restored when it was the first of a limit. */
  undo: { after: number; rate: number; start: MeasureStart | undefined } | undefined;
  raise: { step: number; at: number; after: number; notBefore: number };
}

/** Starts as free. */
export function createCallPace(): CallPace {
  const admitted = createAdmittedRate();
  const trial = createLimitTrial();
  const state: PaceState = {
    rate: Number.POSITIVE_INFINITY,
    nextAt: 0,
    lastSent: 0,
    singles: { count: 0, at: 0, after: 0, from: Number.POSITIVE_INFINITY },
    undo: undefined,
    raise: { step: 0, at: 0, after: 0, notBefore: 0 },
  };
  const isFree = () => state.rate === Number.POSITIVE_INFINITY;
  const tryRate = (now: number, sent: number) => {
    const rate = trial.refusedFree(now, sent);
    if (rate === undefined) return;
    state.rate = MARGIN * rate;
    state.nextAt = now + 1 / state.rate;
    state.singles = { count: 0, at: now, after: sent, from: state.rate };
    admitted.restart(now, sent);
  };
  const endTrial = (isLimit: boolean) => {
    trial.stop();
    if (!isLimit) state.rate = Number.POSITIVE_INFINITY;
  };
  return {
    isFree,
    isKnown: () => !isFree() && !trial.isOn(),
    callMs: () => 1 / state.rate,
    waitMs(now) {
      if (!trial.isOn()) raiseRate(state, now);
      else if (trial.state() === 'limit') endTrial(true);
      return Math.max(0, state.nextAt - now);
    },
    sent(number, now, isResting) {
      state.lastSent = number;
      trial.sent(number, now);
      admitted.sent(number, now, !isResting);
      if (!isResting) state.nextAt = Math.max(state.nextAt, now - CATCH_UP_MS) + 1 / state.rate;
    },
    refused(number, now, sent) {
      admitted.refused(number);
      owe(state, now, sent);
    },
    refusedAlone(number, now, sent) {
      if (isFree()) return tryRate(now, sent);
      if (trial.isOn()) {
        state.nextAt = Math.max(state.nextAt, now) + 1 / state.rate;
        if (trial.refused(number) === 'chance') endTrial(false);
        return;
      }
      const { undo } = state;
      if (undo === undefined || sent - undo.after >= ONE_EVENT)
        state.undo = { after: sent, rate: state.rate, start: admitted.start() };
      const measured = admitted.until(now, sent);
      if (measured.admitted >= LEAST_MEASURE) admitted.restart(now, sent);
      lowerRate(state, measured, { now, sent });
    },
    limitReached(sent) {
      if (trial.isOn()) endTrial(false);
      const { undo } = state;
      // The refusal before this one was the first of the limit, and not a scattered one.
      if (undo?.start !== undefined && sent - undo.after < ONE_EVENT) {
        state.rate = undo.rate;
        admitted.restore(undo.start);
      }
      state.undo = undefined;
    },
    resume({ number, at }, isLearning) {
      const after = number - 1;
      const isFirst = state.rate === Number.POSITIVE_INFINITY;
      const measured = admitted.until(at, after);
      if (!isLearning) state.rate = Number.POSITIVE_INFINITY;
      else if (measured.admitted >= FEW) state.rate = Math.max(isFirst ? 0 : state.rate / 2, MARGIN * measured.rate);
      if (measured.admitted >= LEAST_MEASURE) admitted.restart(at, after);
      if (isFirst) state.raise = { step: 1, at, after, notBefore: after + FIRST_HOLD };
      state.singles = { count: 0, at: 0, after, from: state.rate };
      state.nextAt = at + 1 / state.rate;
    },
  };
}

/** After a refusal that stood alone. */
function lowerRate(
  state: PaceState,
  measured: { rate: number; admitted: number },
  { now, sent }: { now: number; sent: number },
): void {
  state.singles.count += 1;
  const rate = MARGIN * measured.rate;
  if (measured.admitted < LEAST_MEASURE) state.rate *= MARGIN;
  else {
    if (rate < state.rate * 0.9) state.singles = { count: 1, at: now, after: sent, from: rate };
    state.rate = Math.min(state.rate, rate);
  }
  state.nextAt = Math.max(state.nextAt, now) + 1 / state.rate;
  const { count, after, from } = state.singles;
  if (sent - after > count * SCATTERED) state.singles = { count: 1, at: now, after: sent, from: state.rate };
  else if (count >= FRUITLESS.refusals && state.rate < from * FRUITLESS.left) {
    state.rate = Number.POSITIVE_INFINITY;
    state.singles = { count: 0, at: now, after: sent, from: state.rate };
  }
}

/** Nothing more is tried before each refused call is paid back. */
function owe(state: PaceState, at: number, after: number): void {
  const calls = CALLS_PER_REFUSAL * (state.rate < SLOW ? 2 : 1);
  const notBefore = Math.min(Math.max(state.raise.notBefore, after) + calls, after + calls * MOST_REFUSALS_OWED);
  state.raise = { step: 0, at, after, notBefore };
}

function raiseRate(state: PaceState, now: number): void {
  const { raise, lastSent, rate } = state;
  if (lastSent < raise.notBefore || now - raise.at < RAISE_MS) return;
  const isUsed = lastSent - raise.after >= 0.8 * rate * (now - raise.at);
  const by = RAISES[raise.step];
  state.raise = { ...raise, step: raise.step + (isUsed ? 1 : 0), at: now, after: lastSent };
  if (isUsed) state.rate = by === undefined ? Number.POSITIVE_INFINITY : rate * (1 + by);
}
