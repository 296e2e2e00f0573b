/**
 * The rest of a lane whose limit is reached. After the time that was asked for, one call is sent as a probe. Its refusal
 * makes the rest longer; its answer, or no refusal in the time that refusals take, ends it.
 */
export interface LaneRest {
  isOn(): boolean;
  /** Starts it, and returns its milliseconds. */
  begin(refusal: RestRefusal): number;
  /** A call was refused during it. Returns the milliseconds that the refusal asks to wait. */
  refused(number: number, refusal: RestRefusal): number;
  /** How long a refusal took to arrive. */
  refusalTook(ms: number): void;
  /** A call is sent during it: its probe. */
  sent(number: number, now: number): void;
  /** Time until the probe may be sent, or until it is clear that it is not refused. */
  waitMs(now: number): number;
  /** The probe, once it ends the rest: it has this number, or was not refused in time. */
  probeOf(number: number): RestProbe | undefined;
  unrefusedProbe(now: number): RestProbe | undefined;
  end(): void;
  /** Time left of it. */
  leftMs(now: number): number;
}

/** The call that tests whether a limit has opened. */
export interface RestProbe {
  number: number;
  at: number;
}

/** A refusal that begins a rest or makes it longer. */
export interface RestRefusal {
  now: number;
  retryAfterMs: number | undefined;
  /** The number of the last call sent. */
  sent: number;
  /** Milliseconds between two calls at the rate that is known; 0 when none is. */
  callMs: number;
}

/** First wait that no refusal gives a time; doubled with each refused probe. */
const FIRST_REST_MS = 250;
/** Longer waits would find the turn of a minute too late; a longer rest waits a twentieth of its time. */
const LONG_REST_MS = 2_000;
const REST_SHARE = 0.05;
const MOST_REST_MS = 30_000;

interface Rest {
  from: number;
  until: number;
  /** Calls up to this one were sent before. */
  upTo: number;
  rounds: number;
  probe: (RestProbe & { until: number }) | undefined;
}

/** Starts without a rest. */
export function createLaneRest(random: () => number): LaneRest {
  let rest: Rest | undefined;
  let refusalMs = 0;

  const extend = (from: Rest, { now, retryAfterMs, callMs }: RestRefusal): number => {
    // A limit of few calls has none sooner than its rate.
    const longest = Math.max(LONG_REST_MS, 6 * callMs);
    const doubled = Math.min(longest, Math.max(FIRST_REST_MS, callMs) * 2 ** (from.rounds - 1)) * (0.5 + random() / 2);
    const wait = retryAfterMs || Math.min(MOST_REST_MS, Math.max(doubled, REST_SHARE * (now - from.from)));
    from.until = Math.max(from.until, now + wait);
    return wait;
  };

  return {
    isOn: () => rest !== undefined,
    begin(refusal) {
      const { now, sent } = refusal;
      rest = { from: now, until: now, upTo: sent, rounds: 1, probe: undefined };
      return extend(rest, refusal);
    },
    refused(number, refusal) {
      const { now, retryAfterMs = 0 } = refusal;
      if (rest === undefined) return retryAfterMs;
      if (number <= rest.upTo) {
        if (retryAfterMs > 0) rest.until = Math.max(rest.until, now + retryAfterMs);
        return retryAfterMs;
      }
      rest.rounds += 1;
      rest.probe = undefined;
      return extend(rest, refusal);
    },
    refusalTook(ms) {
      refusalMs = Math.max(ms, refusalMs * 0.9);
    },
    sent(number, now) {
      if (rest !== undefined) rest.probe = { number, at: now, until: now + 2 * refusalMs + 20 };
    },
    waitMs(now) {
      if (rest === undefined) return 0;
      return Math.max(0, now < rest.until ? rest.until - now : (rest.probe?.until ?? now) - now);
    },
    probeOf: (number) => (rest?.probe?.number === number ? rest.probe : undefined),
    unrefusedProbe(now) {
      if (rest?.probe === undefined || now < rest.until || now < rest.probe.until) return undefined;
      return rest.probe;
    },
    end() {
      rest = undefined;
    },
    leftMs: (now) => (rest === undefined ? 0 : Math.max(0, rest.until - now)),
  };
}
