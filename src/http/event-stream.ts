import type { Context } from 'hono';

/** An answer that is written piece by piece. */
export interface EventStream {
  response: Response;
  /** Resolves when the client has room for more, or has left. Contract: never throws. */
  write(bytes: Uint8Array): Promise<void>;
  /** Whether the client has left. */
  readonly hasLeft: boolean;
  /** Ends the answer; with a fault, it is broken off, so that the client sees that the end is missing. Idempotent. */
  close(fault?: unknown): void;
}

/**
 * Opens an answer of server-sent events.
 *
 * Hono's `streamSSE` writes an event's text and bytes anew for every client, and passes them through two more streams.
 * This is one stream, and it takes bytes that many clients share.
 */
export function openEventStream(c: Context, onLeft: () => void): EventStream {
  /** Writers that wait: events, and keep-alives between them. */
  let waiting: (() => void)[] = [];
  let isOver = false;
  let hasLeft = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const giveRoom = () => {
    const given = waiting;
    waiting = [];
    for (const go of given) go();
  };
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
    pull: giveRoom,
    cancel() {
      [isOver, hasLeft] = [true, true];
      giveRoom();
      onLeft();
    },
  });
  c.header('Transfer-Encoding', 'chunked');
  c.header('Content-Type', 'text/event-stream');
  c.header('Cache-Control', 'no-cache');
  c.header('Connection', 'keep-alive');
  // Without this header, buffering proxies hold the answer back until its end.
  c.header('X-Accel-Buffering', 'no');
  return {
    response: c.newResponse(body),
    async write(bytes) {
      if (isOver) return;
      controller?.enqueue(bytes);
      if ((controller?.desiredSize ?? 1) > 0) return;
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    },
    get hasLeft() {
      return hasLeft;
    },
    close(fault) {
      if (isOver) return;
      isOver = true;
      if (fault === undefined) controller?.close();
      else controller?.error(fault);
    },
  };
}
