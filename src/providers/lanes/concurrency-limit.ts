/** How many calls may be in flight at once, found by trying: a share less on a refusal, a tenth more on full rounds. */
export interface ConcurrencyLimit {
  /** Infinity while nothing was refused for having too many. */
  value(): number;
  /** A call was answered; `inFlight` counts it still. */
  answered(inFlight: number): void;
  /** A call was refused: its number, and the most that were in flight beside it. `sent` is the number of the last call. */
  refused(call: { number: number; among: number }, sent: number): void;
}

/** Refusals count over about so many calls. */
const MEMORY = 32;
const GROWTH = 0.1;
const LEAST_CUT = 0.05;
const MOST_CUT = 0.5;

/**
 * Starts without a limit, so with what the batches bring. A cut is the share of calls that were refused lately, at
 * most once a round trip: a server that refuses 7 of 100 by chance keeps its callers, one that can serve only a few is
 * found in five round trips. (Halving at each refusal would hold 100 callers at 12 under 7 % of chance refusals.)
 * @param floor least calls in flight
 */
export function createConcurrencyLimit(floor: number): ConcurrencyLimit {
  let limit = Number.POSITIVE_INFINITY;
  let highest = 0;
  let refusedShare = 0;
  /** Calls up to this one were sent before the last cut and say nothing about it. */
  let cutAt = 0;
  return {
    value: () => limit,
    answered(inFlight) {
      refusedShare -= refusedShare / MEMORY;
      if (limit === Number.POSITIVE_INFINITY || inFlight < limit - 1) return;
      limit += Math.max(1 / limit, GROWTH);
      if (limit >= highest) limit = Number.POSITIVE_INFINITY;
    },
    refused({ number, among }, sent) {
      refusedShare += (1 - refusedShare) / MEMORY;
      if (number <= cutAt) return;
      cutAt = sent;
      if (limit === Number.POSITIVE_INFINITY) highest = among;
      const from = Math.min(limit, among);
      limit = Math.max(floor, from * (1 - Math.min(MOST_CUT, Math.max(LEAST_CUT, refusedShare))));
    },
  };
}
