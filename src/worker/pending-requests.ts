import type { AppError } from '../base/errors.ts';
import type { AnyAsk, Ask, RequestKind, Requests } from '../runner/execution/fleet/messages.ts';

/** A request that is not answered yet. */
export interface PendingRequest {
  readonly id: number;
  readonly ask: AnyAsk;
  /** It was sent to the coordinator of an earlier lease. */
  again: boolean;
  /** When it was made, in milliseconds. */
  readonly firstAt: number;
  resolve(value: never): void;
  reject(error: AppError): void;
}

/**
 * Numbers the requests of a worker. A coordinator carries out each number of a worker once, so all sessions of a worker
 * share one: a batch that is forgotten and begins again must not use a number again.
 */
export interface RequestNumbers {
  next: number;
}

/** The requests of a session that are not answered, in their order. Each is sent again until it is. */
export interface PendingRequests {
  size(): number;
  /** The id of the next one. */
  nextId(): number;
  /** All requests below it are answered. */
  floor(): number;
  /** Adds a request, which is not sent yet. @param after requests of which those that are pending go before it */
  add<K extends RequestKind>(
    ask: Ask<K>,
    after: readonly number[],
  ): { request: PendingRequest; reply: Promise<Requests[K]['reply']> };
  all(): PendingRequest[];
  send(request: PendingRequest): void;
  /** Those that have waited for their answer since they were sent, each time for longer. */
  due(): PendingRequest[];
  /** The coordinator was away: what it may have missed is due soon. */
  hurry(): void;
  /** Removes a request, which is answered. Undefined where it was answered before. */
  take(id: number): PendingRequest | undefined;
  /** Rejects a request that was taken, with all that are to be carried out after it. */
  refuse(request: PendingRequest, error: AppError): void;
  close(error: AppError): void;
}

/** An unanswered request is sent again after this, then after twice as long each time, in milliseconds. */
const REPEAT_MS = 2_000;
const MOST_REPEAT_MS = 16_000;

interface Pending extends PendingRequest {
  after: readonly number[];
  sentAt: number;
  /** How often in a row it was sent. */
  sends: number;
}

/** @param post sends a request, after those of `after` that are pending */
export function createPendingRequests(
  now: () => number,
  post: (request: PendingRequest, after: number[]) => void,
  numbers: RequestNumbers,
): PendingRequests {
  const open = new Map<number, Pending>();
  const take = (id: number) => {
    const found = open.get(id);
    open.delete(id);
    return found;
  };
  return {
    size: () => open.size,
    nextId: () => numbers.next,
    floor() {
      const [first = numbers.next] = open.keys();
      return first;
    },
    add(ask, after) {
      const { promise: reply, resolve, reject } = Promise.withResolvers<never>();
      const at = now();
      const own = { firstAt: at, sentAt: at, sends: 0, again: false };
      const request: Pending = { id: numbers.next, ask: ask as AnyAsk, after, ...own, resolve, reject };
      numbers.next += 1;
      open.set(request.id, request);
      return { request, reply };
    },
    all: () => [...open.values()],
    send({ id }) {
      const request = open.get(id);
      if (request === undefined) return;
      request.sentAt = now();
      request.sends += 1;
      post(
        request,
        request.after.filter((each) => open.has(each)),
      );
    },
    due() {
      const waitOf = (sends: number) => Math.min(MOST_REPEAT_MS, REPEAT_MS * 2 ** (sends - 1));
      return [...open.values()].filter(({ sentAt, sends }) => now() - sentAt >= waitOf(sends));
    },
    hurry() {
      for (const request of open.values()) request.sends = Math.min(1, request.sends);
    },
    take,
    refuse({ id, reject }, error) {
      reject(error);
      for (const request of open.values()) {
        if (request.after.includes(id)) take(request.id)?.reject(error);
      }
    },
    close(error) {
      for (const { reject } of open.values()) reject(error);
      open.clear();
    },
  };
}
