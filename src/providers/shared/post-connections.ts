import { closed } from './connection-faults.ts';
import type { LeanResponse } from './lean-response.ts';
import { type ConnectionOptions, PostConnection, type WholePost } from './post-connection.ts';

/** Connections for calls whose answers are read as a whole. */
export interface PostConnections {
  /** Gives the answer once it is complete. */
  post(url: URL, post: WholePost): Promise<LeanResponse>;
  /** Ends all calls. Idempotent. */
  close(): Promise<void>;
}

/** How often connections are looked for that have been without a call for too long. */
const SWEEP_MS = 1000;

/**
 * How many answers are given to their calls in one turn of the event loop. What a row does with its answer takes 0.1 ms, and
 * a turn reads all answers that have arrived, which may be hundreds: other requests would wait for all of them.
 */
const ANSWERS_AT_ONCE = 64;

/** Keeps as many connections as there were calls at a time. Each has one call at a time, and no deadline of its own. */
export function createPostConnections(options: ConnectionOptions): PostConnections {
  const open = new Set<PostConnection>();
  /** Connections without a call, by origin; the last one was used last. */
  const idle = new Map<string, PostConnection[]>();
  /** Connections whose answers arrived in this turn of the event loop. */
  let resting: PostConnection[] = [];
  /** Answers of this turn that their calls have. */
  let given = 0;
  /** Later ones, in the order in which they arrived. */
  const waiting: (() => void)[] = [];
  const sessions = new Map<string, Buffer>();
  let sweeping: NodeJS.Timeout | undefined;
  let closing: Promise<void> | undefined;

  /** Bytes that came after an answer are read before the connection has its next call: they are not the answer to it. */
  const rest = (connection: PostConnection) => {
    if (resting.length === 0) setImmediate(endRest);
    resting.push(connection);
  };
  const endRest = () => {
    const rested = resting;
    resting = [];
    for (const connection of rested) {
      const { origin } = connection;
      const others = idle.get(origin);
      if (others === undefined) idle.set(origin, [connection]);
      else others.push(connection);
    }
    if (closing === undefined) sweeping ??= setInterval(sweep, SWEEP_MS).unref();
  };
  const give = (settle: () => void) => {
    if (given === 0) setImmediate(endTurn);
    if (given === ANSWERS_AT_ONCE) {
      waiting.push(settle);
      return;
    }
    given += 1;
    settle();
  };
  const endTurn = () => {
    given = 0;
    for (const settle of waiting.splice(0)) give(settle);
  };
  const sweep = () => {
    const now = performance.now();
    for (const [origin, connections] of idle) {
      const kept = connections.filter((connection) => connection.isUsable(now));
      if (kept.length > 0) idle.set(origin, kept);
      else idle.delete(origin);
    }
    if (idle.size > 0) return;
    clearInterval(sweeping);
    sweeping = undefined;
  };
  const take = (origin: string): PostConnection | undefined => {
    const connections = idle.get(origin);
    for (let last = connections?.pop(); last !== undefined; last = connections?.pop()) {
      if (last.isUsable(performance.now())) return last;
    }
    return undefined;
  };
  const connect = (url: URL): PostConnection => {
    const connection = new PostConnection(url, {
      ...options,
      sessions,
      onAnswer: give,
      onRest: rest,
      onClose: () => open.delete(connection),
    });
    open.add(connection);
    return connection;
  };
  return {
    post: (url, post) =>
      new Promise((resolve, reject) => {
        post.cancel?.throwIfAborted();
        if (closing !== undefined) throw closed();
        const connection = take(url.origin) ?? connect(url);
        connection.send({ url, post, resolve, reject });
      }),
    close() {
      clearInterval(sweeping);
      closing ??= Promise.all([...open].map((connection) => connection.close())).then(() => undefined);
      return closing;
    },
  };
}
