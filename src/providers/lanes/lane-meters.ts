import type { Usage } from '../../protocol/messages.ts';
import type { LimitKind, RateLimits } from '../provider.ts';
import { createRateMeter, type MeterReading, type RateMeter } from './rate-meter.ts';

/** Our own limits of a lane, per minute; the provider's limits apply as well. */
export interface LaneCaps {
  requestsPerMinute?: number | undefined;
  inputTokensPerMinute?: number | undefined;
  outputTokensPerMinute?: number | undefined;
}

/** What a call is expected to use. */
export interface CallSize {
  /** Bytes of the request; its tokens are estimated from them. */
  requestBytes: number;
  maxTokens: number;
}

/** The readings of a lane's meters when a call was sent. */
export interface MeterReadings {
  readonly calls: number;
  readonly readings: readonly { meter: RateMeter; kind: LimitKind; reported: boolean; reading: MeterReading }[];
}

/** All limits of a lane: those that headers have reported, and our own caps. Times are monotonic. */
export interface LaneMeters {
  /** Time until a call of this size may be sent; while no limit is known, 0 without reading the clock. */
  waitMs(size: CallSize, now: () => number): number;
  take(size: CallSize, now: () => number): MeterReadings;
  /** A call was answered (`usage`), refused without a charge (null), or ended with an unknown charge (undefined). */
  settle(end: CallEnd): void;
  setCaps(caps: LaneCaps, now: number): void;
  /** Whether headers have reported a limit. */
  isReported(): boolean;
}

export interface CallEnd {
  size: CallSize;
  taken: MeterReadings;
  usage: Usage | null | undefined;
  limits: RateLimits | undefined;
  now: number;
}

const KINDS: readonly LimitKind[] = ['requests', 'tokens', 'inputTokens', 'outputTokens'];
/** First estimate of the tokens in a byte of JSON, and of an answer's tokens; both are then learnt from the answers. */
const TOKENS_PER_BYTE = 0.3;
const ANSWER_TOKENS = 500;
/** A call waits for room of this factor times its estimated tokens: some calls use more. */
const TOKEN_ROOM = 1.5;
/** Weight of one answer in a learnt estimate; after the first few answers the estimate is their mean. */
const LEARN = 0.1;

/** Starts with no limit known. */
export function createLaneMeters(periodMs: number): LaneMeters {
  const reported = new Map<LimitKind, RateMeter>();
  let own: { kind: LimitKind; meter: RateMeter; limit: number }[] = [];
  let calls = 0;
  let perByte = TOKENS_PER_BYTE;
  let perAnswer = ANSWER_TOKENS;
  let answers = 0;

  const guess = (kind: LimitKind, size: CallSize): number => {
    const input = size.requestBytes * perByte;
    const output = Math.min(perAnswer, size.maxTokens);
    return kind === 'requests' ? 1 : unitsOf(kind, input, output);
  };
  const learn = (size: CallSize, usage: Usage) => {
    const input = usage.inputTokens + usage.cacheWriteTokens;
    answers += 1;
    const weight = Math.max(LEARN, 1 / answers);
    if (size.requestBytes > 0) perByte += (input / size.requestBytes - perByte) * weight;
    perAnswer += (usage.outputTokens - perAnswer) * weight;
  };
  const used = (kind: LimitKind, reading: MeterReading, usage: Usage | null | undefined): number => {
    if (usage === undefined) return reading.units;
    if (usage === null) return 0;
    // Tokens read from the cache don't count against the limits.
    return kind === 'requests' ? 1 : unitsOf(kind, usage.inputTokens + usage.cacheWriteTokens, usage.outputTokens);
  };

  return {
    isReported: () => reported.size > 0,
    waitMs(size, now) {
      if (reported.size === 0 && own.length === 0) return 0;
      const time = now();
      let wait = 0;
      const room = (kind: LimitKind) => guess(kind, size) * (kind === 'requests' ? 1 : TOKEN_ROOM);
      for (const [kind, meter] of reported) wait = Math.max(wait, meter.waitMs(room(kind), time));
      for (const { kind, meter } of own) wait = Math.max(wait, meter.waitMs(room(kind), time));
      return wait;
    },
    take(size, now) {
      calls += 1;
      const readings: MeterReadings['readings'][number][] = [];
      if (reported.size === 0 && own.length === 0) return { calls, readings };
      const time = now();
      for (const [kind, meter] of reported) {
        readings.push({ meter, kind, reported: true, reading: meter.take(guess(kind, size), time) });
      }
      for (const { kind, meter } of own) {
        readings.push({ meter, kind, reported: false, reading: meter.take(guess(kind, size), time) });
      }
      return { calls, readings };
    },
    settle({ size, taken, usage, limits, now }) {
      if (usage) learn(size, usage);
      for (const { meter, kind, reported: isReported, reading } of taken.readings) {
        meter.settle(reading, used(kind, reading, usage), { limit: isReported ? limits?.[kind] : undefined, now });
      }
      if (limits === undefined) return;
      for (const kind of KINDS) {
        const limit = limits[kind];
        if (limit === undefined || reported.has(kind)) continue;
        // Calls that were sent after this one are not in its headers yet.
        const left = limit.remaining - (calls - taken.calls) * guess(kind, size);
        const meter = createRateMeter({ limit: limit.limit, left, periodMs, now });
        reported.set(kind, meter);
        meter.settle(meter.take(0, now), 0, { limit: { ...limit, remaining: left }, now });
      }
    },
    setCaps(caps, now) {
      const wanted: [LimitKind, number | undefined][] = [
        ['requests', caps.requestsPerMinute],
        ['inputTokens', caps.inputTokensPerMinute],
        ['outputTokens', caps.outputTokensPerMinute],
      ];
      own = wanted.flatMap(([kind, limit]) => {
        if (limit === undefined) return [];
        const same = own.find((cap) => cap.kind === kind && cap.limit === limit);
        const isEven = kind === 'requests' ? 'calls' : 'units';
        return [same ?? { kind, limit, meter: createRateMeter({ limit, isEven, periodMs, now }) }];
      });
    },
  };
}

function unitsOf(kind: LimitKind, input: number, output: number): number {
  if (kind === 'inputTokens') return input;
  return kind === 'outputTokens' ? output : input + output;
}
