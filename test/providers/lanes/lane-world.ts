import type { Clock } from '../../../src/base/clock.ts';
import { AppError } from '../../../src/base/errors.ts';
import type { LaneMember, Permit } from '../../../src/providers/lanes/lane.ts';
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
  /** Units that could have been served until now to callers that can send so many a millisecond. */
  possible(now: number, perMs: number): number;
}

const MINUTE = 60_000;
const wholeSeconds = (at: number, now: number) => Math.max(0, Math.ceil(at / 1000) * 1000 - now);

export function bucket(limit: number, start = limit): Allowance {
  let level = start;
  let at = 0;
  const refill = (now: number) => {
    level = Math.min(limit, level + ((now - at) * limit) / MINUTE);
    at = now;
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
      const full = now + ((limit - level) / limit) * MINUTE;
      return { limit, remaining: Math.floor(level), resetMs: wholeSeconds(full, now) };
    },
    possible: (now, perMs) => Math.min(now * perMs, start + (now * limit) / MINUTE),
  };
}

/** @param offset when the first window turns, in milliseconds */
export function fixedWindow(limit: number, offset: number): Allowance {
  let window = 0;
  let used = 0;
  const numberAt = (now: number) => Math.floor((now + MINUTE - offset) / MINUTE);
  const turn = (now: number) => {
    if (numberAt(now) !== window) used = 0;
    window = numberAt(now);
  };
  return {
    take(units, now) {
      turn(now);
      if (used + units > limit) return false;
      used += units;
      return true;
    },
    stated(now) {
      turn(now);
      const end = offset + numberAt(now) * MINUTE;
      return { limit, remaining: limit - used, resetMs: wholeSeconds(end, now) };
    },
    possible: (now, perMs) => {
      const within = (from: number) => Math.min(limit, Math.min(MINUTE, now - from) * perMs);
      const first = Math.min(limit, offset * perMs);
      return Array.from({ length: numberAt(now) }, (_, index) => within(offset + index * MINUTE)).reduce(
        (a, b) => a + b,
        first,
      );
    },
  };
}

/** A server with limits; `work` is one caller that never rests. */
export interface LimitedServer {
  served: number;
  refused: number;
  mostInFlight: number;
  work(member: LaneMember): Promise<never>;
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
}

export function createLimitedServer(options: LimitedServerOptions): LimitedServer {
  const { clock, limits, latencyMs, slots = Number.POSITIVE_INFINITY, sendsHeaders = true } = options;
  let inFlight = 0;
  const server: LimitedServer = {
    served: 0,
    refused: 0,
    mostInFlight: 0,
    async work(member) {
      for (let isRepeat = false; ; ) {
        const permit = await member.acquire({ requestBytes: 1000, maxTokens: 1000, waitSignals: [], isRepeat });
        isRepeat = !(await call(permit));
      }
    },
  };
  const call = async (permit: Permit): Promise<boolean> => {
    const { input, output } = options.tokens?.() ?? { input: 250, output: 50 };
    const units = { requests: 1, inputTokens: input, outputTokens: output, tokens: input + output };
    inFlight += 1;
    server.mostInFlight = Math.max(server.mostInFlight, inFlight);
    // Calls overtake one another on their way.
    await clock.sleep(latencyMs() * 0.1);
    const now = clock.now();
    const all = Object.entries(limits) as [LimitKind, Allowance][];
    const isServed = inFlight <= slots && all.every(([kind, limit]) => limit.take(units[kind], now));
    const told = Object.fromEntries(all.map(([kind, limit]) => [kind, { ...limit.stated(now), at: now }]));
    if (isServed) server.served += 1;
    else server.refused += 1;
    await clock.sleep(isServed ? latencyMs() * 0.9 : 5);
    inFlight -= 1;
    const limitsNow = Object.entries(told).map(([kind, { at, ...limit }]) => [
      kind,
      { ...limit, resetMs: Math.max(0, limit.resetMs - (clock.now() - at)) },
    ]);
    if (sendsHeaders && all.length > 0) permit.limits(Object.fromEntries(limitsNow) as RateLimits);
    if (isServed) {
      const usage = { inputTokens: input, outputTokens: output, cacheWriteTokens: 0, cacheReadTokens: 0 };
      permit.end({ kind: 'answered', usage });
      return true;
    }
    const error = new AppError('model_rate_limited', 'Too many.', { retryable: true });
    const meaning = permit.end({ kind: 'failed', error });
    if (meaning.kind !== 'lane') throw new Error(`a refusal meant ${meaning.kind}`);
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
