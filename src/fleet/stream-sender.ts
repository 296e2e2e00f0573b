import type { Redis } from 'ioredis';
import { toAppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Envelope } from './envelope.ts';

/** Sends messages to streams of Redis; several messages to one stream are one entry, in one envelope. */
export interface StreamSender {
  /**
   * Contract: never waits and never throws. A message is lost where Redis is away: the sender of a request repeats it.
   * @param message a function is called when it is sent, so that it gathers what is known by then
   */
  send(stream: string, message: object | (() => object)): void;
}

/** Entries of a stream that nobody reads are cut off beyond this number. */
const MOST_ENTRIES = 50_000;
const TRIMMED = ['MAXLEN', '~', MOST_ENTRIES, '*', 'm'] as const;
/** A stream that nothing is sent to is removed after this, in milliseconds. */
const KEEP_MS = 86_400_000;
const RENEW_MS = 60_000;
/**
 * A process sends immediately as long as it sends less often than this, in milliseconds; after so many sends in a row,
 * messages are gathered for this long. A send costs its process, Redis and the readers as much processor time as many
 * messages.
 */
const PACE_MS = 10;
const BURST = 20;

/** @param redis a connection that fails at once while Redis is away */
export function createStreamSender(redis: Redis, envelope: Envelope, log: Log): StreamSender {
  let waiting = new Map<string, Parameters<StreamSender['send']>[1][]>();
  let isScheduled = false;
  const waitMs = createPace();
  const renewed = new Map<string, number>();
  const isDue = (stream: string, now: number) => now - (renewed.get(stream) ?? Number.NEGATIVE_INFINITY) > RENEW_MS;
  const post = async (): Promise<void> => {
    const entries = [...waiting].map(([stream, messages]) => ({
      stream,
      sealed: envelope.seal(
        JSON.stringify(messages.map((each) => (typeof each === 'function' ? each() : each))),
        stream,
      ),
    }));
    waiting = new Map();
    const now = performance.now();
    const [only] = entries;
    // A pipeline of one command costs 15 µs more than the command.
    if (only !== undefined && entries.length === 1 && !isDue(only.stream, now)) {
      await redis.xadd(only.stream, ...TRIMMED, only.sealed);
      return;
    }
    const pipeline = redis.pipeline();
    for (const { stream, sealed } of entries) {
      pipeline.xadd(stream, ...TRIMMED, sealed);
      if (!isDue(stream, now)) continue;
      renewed.set(stream, now);
      pipeline.pexpire(stream, KEEP_MS);
    }
    const [error] = (await pipeline.exec())?.find(([each]) => each !== null) ?? [];
    if (error) throw error;
  };
  const flush = async (): Promise<void> => {
    try {
      await post();
    } catch (thrown) {
      log.debug({ reason: toAppError(thrown).message }, 'messages of the fleet were not sent');
    }
    isScheduled = false;
    if (waiting.size > 0) schedule();
  };
  const schedule = () => {
    if (isScheduled) return;
    isScheduled = true;
    const wait = waitMs();
    // What the same turn of the event loop sends goes along.
    if (wait === 0) setImmediate(() => void flush());
    else setTimeout(() => void flush(), wait);
  };
  return {
    send(stream, message) {
      const messages = waiting.get(stream);
      if (messages === undefined) waiting.set(stream, [message]);
      else messages.push(message);
      schedule();
    },
  };
}

/** Returns how long the next send waits, in whole milliseconds. */
function createPace(): () => number {
  /** Sends that may still be made immediately, and when that was calculated. */
  let credit = BURST;
  let creditAt = performance.now();
  return () => {
    const now = performance.now();
    credit = Math.min(BURST, credit + (now - creditAt) / PACE_MS) - 1;
    creditAt = now;
    return Math.max(0, Math.ceil(-credit * PACE_MS));
  };
}
