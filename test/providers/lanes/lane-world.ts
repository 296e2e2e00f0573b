import type { Clock } from '../../../src/base/clock.ts';
import { AppError } from '../../../src/base/errors.ts';
import type { Permit } from '../../../src/providers/lanes/call-lane.ts';
import type { LaneMember } from '../../../src/providers/lanes/lane.ts';
import type { LimitKind, RateLimits } from '../../../src/providers/provider.ts';

/** A clock that jumps from one sleep's end to the next. */
export interface VirtualClock extends Clock {
  runTo(ms: number): Promise<void>;
}

export function createVirtualClock(): VirtualClock {
  let time = 0;
  let sleeps: { until: number; wake: () => void }[] = [];
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    now: () => time,
    monotonic: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleep = { until: time + ms, wake: resolve };
        const leave = () => {
          sleeps = sleeps.filter((other) => other !== sleep);
          reject(new AppError('aborted', 'The wait was cancelled.'));
        };
        sleeps.push(sleep);
        if (signal?.aborted) leave();
        else signal?.addEventListener('abort', leave, { once: true });
      }),
    async runTo(ms) {
      await settle();
      while (true) {
        const next = Math.min(...sleeps.map(({ until }) => until));
        if (next > ms) break;
        time = next;
        const due = sleeps.filter(({ until }) => until <= time);
        sleeps = sleeps.filter(({ until }) => until > time);
        for (const { wake } of due) wake();
        await settle();
      }
      time = ms;
      await settle();
    },
  };
}

/** A server's own account of one limit. */
export interface Allowance {
  /** Whether so many units are served at this time; they are deducted. */
  take(units: number, now: number): boolean;
  /** As the headers say it, with resets in whole seconds (rounded up) as the real ones. */
  stated(now: number): { limit: number; remaining: number; resetMs: number };
  /** Time until one unit is served again. */
  opensInMs(now: number): number;
}

const MINUTE = 60_000;
const wholeSeconds = (at: number, now: number) => Math.max(0, Math.ceil(at / 1000) * 1000 - now);

/** Units a minute, which may change with time. */
export type LimitAt = number | ((now: number) => number);

const at = (limit: LimitAt, now: number) => (typeof limit === 'number' ? limit : limit(now));

/** @param most units that it holds; by default those of a minute */
export function bucket(limit: LimitAt, start = at(limit, 0), most?: number): Allowance {
  let level = start;
  let since = 0;
  const room = (now: number) => most ?? at(limit, now);
  const refill = (now: number) => {
    level = Math.min(room(now), level + ((now - since) * at(limit, now)) / MINUTE);
    since = now;
  };
  return {
    take(units, now) {
      refill(now);
      if (level < units) return false;
      level -= units;
      return true;
    },
    stated(now) {
      refill(now);
      const perMinute = at(limit, now);
      const full = now + ((room(now) - level) / perMinute) * MINUTE;
      return { limit: perMinute, remaining: Math.floor(level), resetMs: wholeSeconds(full, now) };
    },
    opensInMs(now) {
      refill(now);
      return Math.max(0, ((1 - level) / at(limit, now)) * MINUTE);
    },
  };
}

/** @param offset when the first window turns, in milliseconds */
export function fixedWindow(limit: LimitAt, offset: number): Allowance {
  let window = 0;
  let used = 0;
  const numberAt = (now: number) => Math.floor((now + MINUTE - offset) / MINUTE);
  const endAt = (now: number) => offset + numberAt(now) * MINUTE;
  const turn = (now: number) => {
    if (numberAt(now) !== window) used = 0;
    window = numberAt(now);
  };
  return {
    take(units, now) {
      turn(now);
      if (used + units > at(limit, now)) return false;
      used += units;
      return true;
    },
    stated(now) {
      turn(now);
      const perMinute = at(limit, now);
      return { limit: perMinute, remaining: Math.max(0, perMinute - used), resetMs: wholeSeconds(endAt(now), now) };
    },
    opensInMs(now) {
      turn(now);
      return used < at(limit, now) ? 0 : endAt(now) - now;
    },
  };
}

/** A server with limits; `work` is one caller that never rests. */
export interface LimitedServer {
  served: number;
  refused: number;
  mostInFlight: number;
  work(member: LaneMember, isDone?: () => boolean): Promise<void>;
}

export interface LimitedServerOptions {
  clock: VirtualClock;
  limits: { [kind in LimitKind]?: Allowance };
  latencyMs: () => number;
  /** Tokens of one call. */
  tokens?: () => { input: number; output: number };
  /** More calls at once are refused without a word on limits. */
  slots?: number;
  sendsHeaders?: boolean;
  /** Refusals say when to come back, in whole seconds, rounded up. */
  saysWhen?: boolean;
  /** Time until a refusal has arrived, after the call has reached the server. */
  refusalMs?: number;
  /** The fault of a call that no limit refuses, by chance. */
  chance?: () => AppError | undefined;
}

export function createLimitedServer(options: LimitedServerOptions): LimitedServer {
  const { clock, limits, latencyMs, slots = Number.POSITIVE_INFINITY, sendsHeaders = true, refusalMs = 5 } = options;
  const all = Object.entries(limits) as [LimitKind, Allowance][];
  let inFlight = 0;
  const server: LimitedServer = {
    served: 0,
    refused: 0,
    mostInFlight: 0,
    async work(member, isDone = () => false) {
      for (let isRepeat = false; isRepeat || !isDone(); ) {
        const permit = await member.acquire({ requestBytes: 1000, maxTokens: 1000, waitSignals: [], isRepeat });
        isRepeat = !(await call(permit));
      }
    },
  };
  const refusal = (now: number, isLimited: boolean): AppError | undefined => {
    if (!isLimited) return options.chance?.();
    const opensInMs = Math.max(0, ...all.map(([, limit]) => limit.opensInMs(now)));
    const asked = options.saysWhen ? { retryAfterMs: Math.ceil(opensInMs / 1000) * 1000 } : {};
    return new AppError('model_rate_limited', 'Too many.', { retryable: true, ...asked });
  };
  const call = async (permit: Permit): Promise<boolean> => {
    const { input, output } = options.tokens?.() ?? { input: 250, output: 50 };
    const units = { requests: 1, inputTokens: input, outputTokens: output, tokens: input + output };
    inFlight += 1;
    server.mostInFlight = Math.max(server.mostInFlight, inFlight);
    // Calls overtake one another on their way.
    await clock.sleep(latencyMs() * 0.1);
    const now = clock.now();
    const isLimited = inFlight > slots || !all.every(([kind, limit]) => limit.take(units[kind], now));
    const error = refusal(now, isLimited);
    const told = Object.fromEntries(all.map(([kind, limit]) => [kind, { ...limit.stated(now), at: now }]));
    if (error === undefined) server.served += 1;
    else server.refused += 1;
    await clock.sleep(error === undefined ? latencyMs() * 0.9 : refusalMs);
    inFlight -= 1;
    const limitsNow = Object.entries(told).map(([kind, { at, ...limit }]) => [
      kind,
      { ...limit, resetMs: Math.max(0, limit.resetMs - (clock.now() - at)) },
    ]);
    if (sendsHeaders && all.length > 0) permit.limits(Object.fromEntries(limitsNow) as RateLimits);
    if (error === undefined) {
      const usage = { inputTokens: input, outputTokens: output, cacheWriteTokens: 0, cacheReadTokens: 0 };
      permit.end({ kind: 'answered', usage });
      return true;
    }
    const meaning = permit.end({ kind: 'failed', error });
    if (meaning.kind === 'given-up') throw meaning.error;
    if (meaning.kind !== 'lane') await clock.sleep(Math.max(error.retryAfterMs ?? 0, 250));
    return false;
  };
  return server;
}

/** A small seeded generator. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
