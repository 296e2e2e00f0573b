import { createCallPace } from './call-pace.ts';
import { createLaneRest, type RestProbe } from './lane-rest.ts';
import { createRefusalShare } from './refusal-share.ts';

/**
 * The limit of calls that a server keeps without reporting it, learnt from its refusals. *Free*: no limit is known, and
 * scattered refusals concern their calls alone. *Resting*: the limit is reached ({@link createLaneRest}). *Paced*: calls
 * are sent evenly, at the rate that was admitted ({@link createCallPace}).
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
  isReported: boolean;
}

/** Starts as free. */
export function createRequestCeiling(random: () => number): RequestCeiling {
  const pace = createCallPace();
  const rest = createLaneRest(random);
  let share = createRefusalShare();
  /** Calls up to this one belong to the time before the last rest. */
  let openedAfter = 0;
  let isLearning = true;

  const reopen = (probe: RestProbe) => {
    pace.resume(probe, isLearning);
    rest.end();
    share = createRefusalShare();
    openedAfter = probe.number - 1;
  };

  return {
    waitMs(clock) {
      if (!rest.isOn() && pace.isFree()) return 0;
      const now = clock();
      if (rest.isOn()) {
        const probe = rest.unrefusedProbe(now);
        if (probe === undefined) return rest.waitMs(now);
        reopen(probe);
      }
      return pace.waitMs(now);
    },
    sent(number, now) {
      pace.sent(number, now, rest.isOn());
      rest.sent(number, now);
    },
    answered(number) {
      const probe = rest.probeOf(number);
      if (probe !== undefined) reopen(probe);
    },
    refused({ number, sentAt }, { retryAfterMs, now, sent, isReported }) {
      rest.refusalTook(now - sentAt);
      const askedMs = retryAfterMs ?? 0;
      if (number <= openedAfter) return { isAlone: false, askedMs };
      pace.refused(number, now, sent);
      const refusal = { now, retryAfterMs, sent, callMs: pace.callMs() };
      if (rest.isOn()) return { isAlone: false, askedMs: rest.refused(number, refusal) };
      share.refused(number);
      if (share.evidence() < pace.evidenceNeeded()) {
        if (!isReported || !pace.isFree()) pace.refusedAlone(number, now, sent);
        return { isAlone: true, askedMs };
      }
      isLearning = !isReported;
      pace.limitReached(sent);
      return { isAlone: false, askedMs: rest.begin({ ...refusal, callMs: pace.callMs() }) };
    },
    isFree: () => !rest.isOn() && pace.isFree(),
    restMs: (now) => rest.leftMs(now),
  };
}
