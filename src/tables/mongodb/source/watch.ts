import type { ChangeStream, Document } from 'mongodb';
import type { Clock } from '../../../base/clock.ts';
import type { Log } from '../../../base/log.ts';
import type { OpenedCollection } from '../connection/collection.ts';
import { isConnectionError } from '../connection/mongo-error.ts';

/** How long a document may wait that no change announces: one that is free again, or on a server without change streams. */
const POLL_MS = 5_000;
/** The same on a server without change streams. */
const PLAIN_POLL_MS = 1_000;

/** Waits for documents that are added to a collection. */
export interface Watch {
  /** Resolves to true once there may be more documents; to false when the signal has fired. */
  next(): Promise<boolean>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Opens the change stream at once, so that nothing is missed between a read and the wait after it. */
export function createWatch(
  { documents, place }: OpenedCollection,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal | undefined },
): Watch {
  const added = [{ $match: { operationType: { $in: ['insert', 'replace'] } } }];
  let stream: ChangeStream<Document> | undefined;
  let hasStreams = true;
  let isNew = false;
  let tell: (() => void) | undefined;
  const closed = new AbortController();
  const stop = signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal]);

  async function follow(): Promise<void> {
    while (!stop.aborted) {
      try {
        stream = documents.watch(added);
        for await (const _ of stream) {
          isNew = true;
          tell?.();
        }
      } catch (fault) {
        if (stop.aborted) return;
        // Changes of the time without a connection are found by the next read.
        isNew = true;
        tell?.();
        hasStreams = isConnectionError(fault);
        if (!hasStreams) return log.info({ uri: place.uri }, 'the server has no change streams; it is polled');
        await clock.sleep(PLAIN_POLL_MS, stop).catch(() => undefined);
      }
    }
  }
  void follow();

  return {
    async next() {
      if (!isNew && !stop.aborted) {
        const woken = new AbortController();
        tell = () => woken.abort();
        await clock
          .sleep(hasStreams ? POLL_MS : PLAIN_POLL_MS, AbortSignal.any([stop, woken.signal]))
          .catch(() => undefined);
        tell = undefined;
      }
      isNew = false;
      return !stop.aborted;
    },
    async close() {
      closed.abort();
      await stream?.close().catch(() => undefined);
    },
  };
}
