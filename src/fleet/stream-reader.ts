import type { Redis } from 'ioredis';
import { toAppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Envelope } from './envelope.ts';

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
   * The messages of one entry. `handled`: the entry is deleted some time later; `others`: another reader needs it.
   * Contract: never rejects.
   */
  onMessages: (messages: unknown[]) => Promise<ReadEntry> | ReadEntry;
}

/** How long one read waits for an entry, in milliseconds. */
const BLOCK_MS = 1_000;
const RETRY_MS = 250;
const MOST_AT_ONCE = 200;

/**
 * Reads a stream from its first entry on, so that entries which an earlier reader has not handled are read again. This
 * reader handles each entry once, also where Redis was lost and the stream is read from its first entry again.
 */
export function readStream(stream: string, options: ReadOptions): StreamReader {
  const { reader, commands, envelope, log, onMessages } = options;
  const handled = createHandledEntries(stream, commands);
  let isClosed = false;
  let last = '0';
  const handle = async (id: string, fields: Buffer[]): Promise<void> => {
    const sealed = fields[1] ?? Buffer.alloc(0);
    try {
      const messages: unknown = JSON.parse(envelope.open(sealed, stream));
      if (Array.isArray(messages) && (await onMessages(messages)) === 'others') return;
    } catch (thrown) {
      log.warn({ stream, reason: toAppError(thrown).message }, 'a message of the fleet was refused');
    }
    handled.end(id);
  };
  const loop = async (): Promise<void> => {
    while (!isClosed) {
      try {
        const found = await reader.xreadBuffer('COUNT', MOST_AT_ONCE, 'BLOCK', BLOCK_MS, 'STREAMS', stream, last);
        for (const [, entries] of (found ?? []) as unknown as [Buffer, [Buffer, Buffer[]][]][]) {
          for (const [idBytes, fields] of entries) {
            last = idBytes.toString();
            if (handled.begin(last)) void handle(last, fields);
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
      handled.close();
      reader.disconnect();
    },
  };
}

/** The entries that are being handled, or were handled and are to be deleted. */
interface HandledEntries {
  /** False for an entry that was begun before. */
  begin(id: string): boolean;
  end(id: string): void;
  /** Deletes what was handled. */
  close(): void;
}

/** How long handled entries wait for others, so that one command deletes them, in milliseconds. */
const DELETE_MS = 250;

function createHandledEntries(stream: string, commands: Redis): HandledEntries {
  const known = new Set<string>();
  let ended: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const remove = () => {
    timer = undefined;
    const ids = ended;
    ended = [];
    if (ids.length === 0) return;
    commands.xdel(stream, ...ids).then(
      () => {
        for (const id of ids) known.delete(id);
      },
      () => {
        // Redis is away: they are deleted with the next ones.
        ended.push(...ids);
      },
    );
  };
  return {
    begin(id) {
      if (known.has(id)) return false;
      known.add(id);
      return true;
    },
    end(id) {
      ended.push(id);
      timer ??= setTimeout(remove, DELETE_MS);
    },
    close() {
      clearTimeout(timer);
      remove();
    },
  };
}
