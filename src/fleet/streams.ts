import type { Redis } from 'ioredis';
import { toAppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Envelope } from './envelope.ts';

/** Sends messages to streams of Redis; several messages to one stream go together. */
export interface StreamSender {
  /** Contract: never waits and never throws. A message is lost where Redis is away: the sender of a request repeats it. */
  send(stream: string, message: unknown): void;
}

/** Entries of a stream that nobody reads are cut off beyond this number. */
const MOST_ENTRIES = 50_000;
/** A stream that nothing is sent to is removed after this, in milliseconds. */
const KEEP_MS = 86_400_000;
const RENEW_MS = 60_000;

/** @param redis a connection that fails at once while Redis is away */
export function createStreamSender(redis: Redis, envelope: Envelope, log: Log): StreamSender {
  const waiting = new Map<string, unknown[]>();
  const underWay = new Set<string>();
  const kept = new Map<string, number>();
  const flush = async (stream: string): Promise<void> => {
    while (true) {
      const messages = waiting.get(stream);
      if (messages === undefined) break;
      waiting.delete(stream);
      try {
        const sealed = envelope.seal(JSON.stringify(messages), stream);
        await redis.xadd(stream, 'MAXLEN', '~', MOST_ENTRIES, '*', 'm', sealed);
        if (performance.now() - (kept.get(stream) ?? Number.NEGATIVE_INFINITY) < RENEW_MS) continue;
        kept.set(stream, performance.now());
        await redis.pexpire(stream, KEEP_MS);
      } catch (thrown) {
        log.debug({ stream, reason: toAppError(thrown).message }, 'messages of the fleet were not sent');
      }
    }
    underWay.delete(stream);
  };
  return {
    send(stream, message) {
      const messages = waiting.get(stream);
      if (messages !== undefined) {
        messages.push(message);
        return;
      }
      waiting.set(stream, [message]);
      if (underWay.has(stream)) return;
      underWay.add(stream);
      // What the same turn of the event loop sends goes along.
      setImmediate(() => void flush(stream));
    },
  };
}

/** Whether an entry was handled, or is for another reader of the stream. */
export type ReadEntry = 'handled' | 'others';

/** Reads one stream until it is closed. */
export interface StreamReader {
  close(): void;
}

/** What reads a stream. */
interface ReadOptions {
  /** A connection of its own, which blocks. */
  reader: Redis;
  /** Deletes what was handled. */
  commands: Redis;
  envelope: Envelope;
  log: Log;
  /**
   * The messages of one entry. `handled`: the entry is deleted; `others`: another reader needs it. Contract: never
   * rejects.
   */
  onMessages: (messages: unknown[]) => Promise<ReadEntry> | ReadEntry;
}

/** How long one read waits for an entry, in milliseconds. */
const BLOCK_MS = 1_000;
const RETRY_MS = 250;

/** Reads a stream from its first entry on, so that entries which an earlier reader has not handled are read again. */
export function readStream(stream: string, options: ReadOptions): StreamReader {
  const { reader, commands, envelope, log, onMessages } = options;
  let isClosed = false;
  let last = '0';
  const handle = async (id: Buffer, fields: Buffer[]): Promise<void> => {
    const sealed = fields[1] ?? Buffer.alloc(0);
    try {
      const messages: unknown = JSON.parse(envelope.open(sealed, stream));
      if (Array.isArray(messages) && (await onMessages(messages)) === 'others') return;
    } catch (thrown) {
      log.warn({ stream, reason: toAppError(thrown).message }, 'a message of the fleet was refused');
    }
    await commands.xdel(stream, id).catch((): undefined => undefined);
  };
  const loop = async (): Promise<void> => {
    while (!isClosed) {
      try {
        const found = await reader.xreadBuffer('COUNT', 200, 'BLOCK', BLOCK_MS, 'STREAMS', stream, last);
        for (const [, entries] of (found ?? []) as unknown as [Buffer, [Buffer, Buffer[]][]][]) {
          for (const [id, fields] of entries) {
            last = id.toString();
            void handle(id, fields);
          }
        }
      } catch {
        // A Redis that was emptied, or replaced by an older copy, counts from lower numbers again.
        last = '0';
        if (!isClosed) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  };
  void loop();
  return {
    close() {
      isClosed = true;
      reader.disconnect();
    },
  };
}
