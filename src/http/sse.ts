import type { Context } from 'hono';
import { AppError, toAppError } from '../base/errors.ts';
import { type EventStream, openEventStream } from './event-stream.ts';
import { problemOf } from './problem.ts';

/** Streams that one server keeps open at the same time, chat turns apart. */
const MAX_STREAMS = 2000;
const KEEP_ALIVE_MS = 15_000;
const STOPPING = 'The server is stopping. Connect again after the restart; the id of the last event continues there.';

const encoder = new TextEncoder();
const KEEP_ALIVE = encoder.encode(': keep-alive\n\n');

/** One server-sent event; `data` is sent as JSON. */
export interface ServerEvent {
  event: string;
  data: unknown;
  /** Where a client continues that sends it as `Last-Event-ID`. */
  id?: string;
}

/** An event as it is sent, made once for many clients. */
export interface EncodedEvent {
  bytes: Uint8Array;
}

/** A server-sent event without a name, whose text is sent as it is. */
export interface PlainEvent {
  text: string;
}

type StreamedEvent = ServerEvent | EncodedEvent | PlainEvent;

/** Opens the events of a stream; `signal` fires when the client has left or the server stops. */
export type EventSource = (options: {
  signal: AbortSignal;
  /** The id of the last event that the client got before. */
  lastEventId: string | undefined;
}) => AsyncIterable<ServerEvent | EncodedEvent>;

/** The open streams of server-sent events. */
export interface EventStreams {
  /**
   * Answers with the events of a source, to its end. A fault that it throws is the event `error` with a problem. When
   * the server stops, the last event is `stopping`.
   * @throws AppError `too_busy` when too many streams are open
   */
  send(c: Context, source: EventSource): Response;
  /** Answers with events that end by themselves; the source is read to its end although the client has left. */
  sendAll(c: Context, events: AsyncIterable<StreamedEvent>, onEvents: StreamEnd): Response;
  /** Tells every stream of `send` and ends it; resolves when all are over. Idempotent. */
  stop(): Promise<void>;
}

/** What the owner of a stream does with it. */
export interface StreamEnd {
  /** The client has left. */
  onLeft(): void;
  /** Gets the whole stream as a promise, and returns it. */
  track(stream: Promise<void>): Promise<void>;
}

/** Starts without streams. */
export function createEventStreams({
  keepAliveMs = KEEP_ALIVE_MS,
  maxStreams = MAX_STREAMS,
}: {
  keepAliveMs?: number | undefined;
  maxStreams?: number;
} = {}): EventStreams {
  const stopping = new AbortController();
  const open = new Set<Promise<void>>();
  const answer: EventStreams['sendAll'] = (c, events, { onLeft, track }) => {
    const stream = openEventStream(c, onLeft);
    void track(pump(stream, events, keepAliveMs));
    return stream.response;
  };
  return {
    sendAll: answer,
    send(c, source) {
      if (open.size >= maxStreams) {
        const message = `${maxStreams} streams are open, the most that this server allows. Connect again.`;
        throw new AppError('too_busy', message, { retryable: true, retryAfterMs: 5_000 });
      }
      const left = new AbortController();
      const signal = AbortSignal.any([c.req.raw.signal, left.signal, stopping.signal]);
      const events = withEnd(source({ signal, lastEventId: c.req.header('last-event-id') }), stopping.signal);
      return answer(c, events, {
        onLeft: () => left.abort(),
        track(stream) {
          const counted = stream.finally(() => open.delete(counted));
          open.add(counted);
          return counted;
        },
      });
    },
    async stop() {
      stopping.abort();
      await Promise.allSettled(open);
    },
  };
}

/** The events of a source, then the reason of their end where it is not their own. */
async function* withEnd(
  events: AsyncIterable<ServerEvent | EncodedEvent>,
  stopping: AbortSignal,
): AsyncIterable<ServerEvent | EncodedEvent> {
  try {
    yield* events;
  } catch (thrown) {
    if (stopping.aborted) return;
    const error = toAppError(thrown);
    const shown = error.code === 'internal' ? new AppError('internal', 'The stream failed inside the server.') : error;
    yield { event: 'error', data: problemOf(shown) };
  } finally {
    // A generator may yield here: its consumer reads it to the end.
    if (stopping.aborted) yield { event: 'stopping', data: { message: STOPPING } };
  }
}

/** Writes every event; one that a client is slow to read holds the next ones back. */
async function pump(stream: EventStream, events: AsyncIterable<StreamedEvent>, keepAliveMs: number): Promise<void> {
  const keepAlive = setInterval(() => void stream.write(KEEP_ALIVE), keepAliveMs);
  try {
    for await (const event of events) if (!stream.hasLeft) await stream.write(bytesOf(event));
    stream.close();
  } catch (thrown) {
    stream.close(thrown);
  } finally {
    clearInterval(keepAlive);
  }
}

function bytesOf(event: StreamedEvent): Uint8Array {
  if ('bytes' in event) return event.bytes;
  return 'text' in event ? encoder.encode(`data: ${event.text}\n\n`) : encodeEvent(event);
}

/** An event as it is sent. JSON has no line break of its own, so its data is one line. */
export function encodeEvent({ event, data, id }: ServerEvent): Uint8Array {
  const end = id === undefined ? '' : `\nid: ${id}`;
  return encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}${end}\n\n`);
}
