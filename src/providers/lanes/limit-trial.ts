/**
 * Distinguishes scattered refusals of a limit that is asked for a little too much from refusals by chance: a few calls are
 * sent at the rate that is admitted. Under a limit nearly none of them is refused then; by chance as many as before.
 */
export interface LimitTrial {
  isOn(): boolean;
  sent(number: number, now: number): void;
  /** A call was refused while no limit is known. Returns the rate to try, in calls a millisecond, when a trial begins. */
  refusedFree(number: number, now: number, sent: number): number | undefined;
  /** What a refusal, or the number of calls sent, says of the trial. */
  refused(number: number): TrialState;
  state(): TrialState;
  /** Ends it without a finding. */
  stop(): void;
}

/** `chance`: the refusals have nothing to do with the rate. `limit`: they had, and the rate that was tried is right. */
export type TrialState = 'undecided' | 'chance' | 'limit';

/** So many scattered refusals make a trial; four times as many after each trial that found chance, up to the most. */
const REFUSALS = 12;
const MOST_REFUSALS = REFUSALS * 16;
/** A smaller share costs less than a trial. */
const LEAST_SHARE = 0.005;
/**
 * A trial lasts for the calls of which chance would refuse `expected`; more than `most` end it. The share of chance is that
 * of the first few refusals, which varies too: it leaves `most` or fewer in one of 3,000 trials, and of ten expected ones in
 * one of 60.
 */
const LENGTH = { expected: 20, most: 2 };
/** After a pause of the calls the admitted rate is measured anew. */
const IDLE_MS = 5_000;

/** Starts without a trial. */
export function createLimitTrial(): LimitTrial {
  let needed = REFUSALS;
  let lastSentAt = 0;
  let lastSent = 0;
  /** Scattered refusals since a time and a call. */
  let scattered: { count: number; at: number; after: number } | undefined;
  let trial: { after: number; until: number; refused: number } | undefined;
  const state = (): TrialState => {
    if (trial === undefined) return 'undecided';
    if (trial.refused > LENGTH.most) {
      needed = Math.min(MOST_REFUSALS, needed * 4);
      return 'chance';
    }
    return lastSent >= trial.until ? 'limit' : 'undecided';
  };
  return {
    isOn: () => trial !== undefined,
    sent(number, now) {
      if (now - lastSentAt > IDLE_MS) scattered = undefined;
      lastSentAt = now;
      lastSent = number;
    },
    refusedFree(number, now, sent) {
      scattered ??= { count: 0, at: now, after: sent };
      // The first one begins the measure. Those of calls sent before would make the share of the ones since too large.
      if (number > scattered.after) scattered.count += 1;
      const { count, at, after } = scattered;
      if (count < needed) return undefined;
      scattered = undefined;
      const share = count / (sent - after);
      if (share < LEAST_SHARE) return undefined;
      trial = { after: sent, until: sent + LENGTH.expected / share, refused: 0 };
      return (sent - after - count) / (now - at);
    },
    refused(number) {
      if (trial !== undefined && number > trial.after) trial.refused += 1;
      return state();
    },
    state,
    stop() {
      trial = undefined;
    },
  };
}
