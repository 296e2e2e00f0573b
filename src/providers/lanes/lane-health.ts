import { AppError } from '../../base/errors.ts';
import { duration } from '../../base/figures.ts';
import type { Log } from '../../base/log.ts';
import type { FaultMeaning } from './call-lane.ts';
import { type BreakerOptions, createBreaker } from './circuit-breaker.ts';
import { createConcurrencyLimit } from './concurrency-limit.ts';
import { createRequestCeiling } from './request-ceiling.ts';

/** A call of the lane; `number` counts them from 1. */
export interface Sending {
  number: number;
  /** The call tests whether the server answers again. */
  isProbe: boolean;
  /** Calls in flight when it was sent, itself included. */
  among: number;
  /** Monotonic, in milliseconds. */
  sentAt: number;
}

/**
 * The health of a lane: its concurrency limit, the cool-down that all calls share after a refusal, and the breaker that
 * stops the lane when every call fails.
 */
export interface LaneHealth {
  inFlight(): number;
  /** `cooling`: a pause of `waitMs` after a refusal. `stopped`: every call fails; the next probe goes in `waitMs`. */
  state(): { state: 'open' | 'cooling' | 'stopped'; waitMs: number };
  /** Time until a call may go; Infinity: until one in flight has ended. While healthy, 0 without reading the clock. */
  waitMs(): number;
  send(): Sending;
  answered(sending: Sending): void;
  failed(error: AppError, sending: Sending): FaultMeaning;
  /** The call ended without showing anything about the lane. */
  dropped(sending: Sending): void;
}

export interface LaneHealthOptions {
  /** Provider and model, for messages. */
  name: string;
  now: () => number;
  random: () => number;
  log: Log | undefined;
  patienceMs: number;
  breaker: BreakerOptions;
  floor: number;
  /** Whether the server reports its limits. */
  isReported: () => boolean;
}

/** Faults of a server that is down or overloaded, rather than of a call. */
const SERVER_FAULTS = new Set(['model_server_error', 'model_overloaded', 'model_timeout', 'model_unreachable']);
const OWN: FaultMeaning = { kind: 'own' };
const ALONE: FaultMeaning = { kind: 'alone' };
const LANE: FaultMeaning = { kind: 'lane' };

/** A {@link LaneHealth} that starts as healthy. */
export function createLaneHealth(options: LaneHealthOptions): LaneHealth {
  const { name, now, log, patienceMs } = options;
  const breaker = createBreaker(options.breaker);
  const concurrency = createConcurrencyLimit(options.floor);
  const ceiling = createRequestCeiling(options.random);
  /** The first refusal since the last answer. */
  let refusedSince: number | undefined;
  let sent = 0;
  let inFlight = 0;

  const giveUp = (cause: AppError, state: string): FaultMeaning => {
    log?.warn({ lane: name, code: cause.code }, 'lane given up');
    const text = `${cause.message} (${name}: ${cause.code}, ${state}.) Nothing is lost: resume when it answers again.`;
    return { kind: 'given-up', error: new AppError('model_unavailable', text, { cause }) };
  };
  const limited = (error: AppError, sending: Sending): FaultMeaning => {
    if (sending.isProbe) breaker.forgetProbe();
    const time = now();
    refusedSince ??= time;
    const beforeMs = ceiling.restMs(time);
    const isReported = options.isReported();
    const { isAlone, askedMs } = ceiling.refused(sending, {
      retryAfterMs: error.retryAfterMs,
      now: time,
      sent,
      isReported,
    });
    const waitMs = ceiling.restMs(time);
    if (waitMs > beforeMs) log?.debug({ lane: name, waitMs }, 'lane pauses after a refusal');
    if (askedMs > patienceMs) return giveUp(error, `it asks to wait ${duration(askedMs / 1000)}`);
    const refusedMs = time - refusedSince;
    if (refusedMs <= patienceMs) return isAlone ? ALONE : LANE;
    refusedSince = time;
    return giveUp(error, `it has refused every call for ${duration(refusedMs / 1000)}`);
  };
  const faulted = (error: AppError, { isProbe }: Sending): FaultMeaning => {
    const time = now();
    const wasOpen = breaker.isOpen();
    breaker.faulted(isProbe, time);
    const openMs = breaker.openMs(time);
    if (openMs === undefined) return OWN;
    if (!wasOpen) log?.warn({ lane: name, code: error.code }, 'lane stopped: every call fails');
    if (!isProbe || openMs <= patienceMs) return LANE;
    breaker.startOver(time);
    return giveUp(error, `every call has failed for ${duration(openMs / 1000)}`);
  };

  return {
    inFlight: () => inFlight,
    state() {
      const time = now();
      const probeMs = breaker.waitMs(time);
      if (breaker.isOpen()) return { state: 'stopped', waitMs: probeMs === Number.POSITIVE_INFINITY ? 0 : probeMs };
      const waitMs = ceiling.restMs(time);
      return { state: waitMs > 0 ? 'cooling' : 'open', waitMs };
    },
    waitMs() {
      if (inFlight + 1 > concurrency.value()) return Number.POSITIVE_INFINITY;
      const cooling = ceiling.waitMs(now);
      return breaker.isOpen() ? Math.max(cooling, breaker.waitMs(now())) : cooling;
    },
    send() {
      sent += 1;
      inFlight += 1;
      const sentAt = now();
      ceiling.sent(sent, sentAt);
      return { number: sent, isProbe: breaker.send(), among: inFlight, sentAt };
    },
    answered({ number }) {
      concurrency.answered(inFlight);
      breaker.answered();
      ceiling.answered(number);
      refusedSince = undefined;
      inFlight -= 1;
    },
    failed(error, sending) {
      const isLimited = error.code === 'model_rate_limited';
      // Once calls are paced, the pace alone answers their refusals.
      if ((isLimited && ceiling.isFree()) || error.code === 'model_overloaded') {
        const among = Math.max(inFlight, sending.among);
        concurrency.refused({ number: sending.number, among }, sent);
      }
      inFlight -= 1;
      if (isLimited) return limited(error, sending);
      if (SERVER_FAULTS.has(error.code)) return faulted(error, sending);
      if (sending.isProbe) breaker.forgetProbe();
      return OWN;
    },
    dropped({ isProbe }) {
      inFlight -= 1;
      if (isProbe) breaker.forgetProbe();
    },
  };
}
