import { createRefusalShare, SHARED_EVIDENCE } from './refusal-share.ts';

/** The limit of concurrent calls, found by trying: a refusal cuts it by a share, a full round raises it by a tenth. */
export interface ConcurrencyLimit {
  /** Infinity while no call was refused because of too many others. */
  value(): number;
  /** A call was answered; `inFlight` still counts it. */
  answered(inFlight: number): void;
  /** A call was refused: its number, and the most calls in flight with it. `sent` is the number of the last call. */
  refused(call: { number: number; among: number }, sent: number): void;
}

/** The share of refusals is taken over about this many calls. */
const MEMORY = 32;
const GROWTH = 0.1;
const LEAST_CUT = 0.05;
const MOST_CUT = 0.5;

/**
 * Starts without a limit, so with the concurrency of the batches; scattered refusals leave it so. A cut is the share of recently refused calls, at most
 * once a round trip. A server that refuses 7 of 100 by chance keeps its concurrency; the limit of a server that can
 * serve only a few is found in five round trips. (Halving at each refusal would hold 100 callers at 12 under 7 % of
 * chance refusals.)
 * @param floor lowest limit
 */
export function createConcurrencyLimit(floor: number): ConcurrencyLimit {
  let limit = Number.POSITIVE_INFINITY;
  let highest = 0;
  let refusedShare = 0;
  const refusals = createRefusalShare();
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
      refusals.refused(number);
      if (limit === Number.POSITIVE_INFINITY && refusals.evidence() < SHARED_EVIDENCE) return;
      if (number <= cutAt) return;
      cutAt = sent;
      if (limit === Number.POSITIVE_INFINITY) highest = among;
      const from = Math.min(limit, among);
      limit = Math.max(floor, from * (1 - Math.min(MOST_CUT, Math.max(LEAST_CUT, refusedShare))));
    },
  };
}
