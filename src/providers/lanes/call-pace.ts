import { createAdmittedRate, LEAST_MEASURE, type MeasureStart } from './admitted-rate.ts';
import type { RestProbe } from './lane-rest.ts';
import { createLimitTrial } from './limit-trial.ts';
import { SHARED_EVIDENCE } from './refusal-share.ts';

/**
 * The even rate of calls under a limit that no header reports: as many as were admitted between two ends of a rest. That
 * is right for a limit that refills evenly and for one that turns by the minute: both admit their limit in that time.
 */
export interface CallPace {
  /** Whether calls are not paced. */
  isFree(): boolean;
  /** The evidence by which refusals show that the limit is reached, as {@link createRefusalShare} counts it. */
  evidenceNeeded(): number;
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
/** So many rests in a row, each within so many calls of the one before, come from chance: a limit is found in fewer. */
const FRUITLESS_RESTS = { count: 7, calls: 400 };
/** While calls are paced, two refused ones with at most one between them show that the limit is reached. */
const PACED_EVIDENCE = 1.75;
/** More evidence that is needed for each time that a limit was learnt from chance, and the most of it. */
const DOUBT = 2;
const MOST_DOUBT = 6;
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
  /** Rests in a row that began soon after the one before, and the last call before the latest of them. */
  rests: { count: number; after: number };
  /** How often the rate was found to have nothing to do with the refusals. */
  fruitless: number;
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
    rests: { count: 0, after: 0 },
    fruitless: 0,
    raise: { step: 0, at: 0, after: 0, notBefore: 0 },
  };
  const isFree = () => state.rate === Number.POSITIVE_INFINITY;
  const tryRate = (number: number, now: number, sent: number) => {
    const rate = trial.refusedFree(number, now, sent);
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
    // While a limit is only tried, none is known. Where refusals were chance before, more of them are needed.
    evidenceNeeded: () =>
      isFree() || trial.isOn() ? SHARED_EVIDENCE + Math.min(MOST_DOUBT, state.fruitless * DOUBT) : PACED_EVIDENCE,
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
      if (isFree()) return tryRate(number, now, sent);
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
      countRest(state, after);
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
    state.fruitless += 1;
    state.singles = { count: 0, at: now, after: sent, from: state.rate };
  }
}

/** A limit is not reached again soon after each rest: then the refusals have nothing to do with the rate. */
function countRest(state: PaceState, after: number): void {
  const isSoon = after - state.rests.after < FRUITLESS_RESTS.calls;
  state.rests = { count: isSoon ? state.rests.count + 1 : 0, after };
  if (state.rests.count < FRUITLESS_RESTS.count) return;
  state.rate = Number.POSITIVE_INFINITY;
  state.rests.count = 0;
  state.fruitless += 1;
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
  if (!isUsed) return;
  state.rests.count = 0;
  state.rate = by === undefined ? Number.POSITIVE_INFINITY : rate * (1 + by);
}
