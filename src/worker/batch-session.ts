import { AppError } from '../base/errors.ts';
import { PLACES } from '../fleet/places.ts';
import type { StreamSender } from '../fleet/stream-sender.ts';
import type {
  Answered,
  AnyEvent,
  Ask,
  RequestKind,
  Requests,
  ToCoordinator,
  ToWorker,
} from '../runner/execution/fleet/messages.ts';
import { fromWire } from '../runner/execution/fleet/wire.ts';
import { createPendingRequests, type PendingRequest, type RequestNumbers } from './pending-requests.ts';

/** A worker's requests to the coordinator of one batch. Each is repeated until it is answered, by whichever lease. */
export interface BatchSession {
  readonly batchId: string;
  /** The id of this worker. */
  readonly worker: string;
  epoch(): number;
  /** Milliseconds of a monotonic clock. */
  now(): number;
  /**
   * @param after answers that the coordinator is to commit before; it refuses the request where it can't
   * @throws AppError when the coordinator refuses it
   */
  request<K extends RequestKind>(ask: Ask<K>, after?: readonly number[]): Promise<Requests[K]['reply']>;
  /** Sends an answer, and says how it ends. */
  sendAnswer(answered: Answered): { id: number; committed: Promise<null> };
  /** Reports an event; it may be lost. */
  event(event: AnyEvent): void;
  /** Takes in a message of a coordinator of this batch. */
  receive(message: ToWorker): void;
  /** A chunk says that the batch has this lease. */
  seeEpoch(epoch: number): void;
  /**
   * Whether the coordinator was there a moment ago, so that a call that it granted may be sent. Contract: false two
   * seconds after the worker was cut off.
   */
  isFresh(): boolean;
  /**
   * Calls back when a request has waited for long without a sign of the coordinator, or when the session is closed.
   * Returns the function that ends the listening.
   */
  onSilence(tell: () => void): () => void;
  close(): void;
}

interface SessionParts {
  batchId: string;
  epoch: number;
  worker: string;
  sender: StreamSender;
  /** Those of all sessions of this worker. */
  numbers: RequestNumbers;
  monotonic: () => number;
  /** The runs of the batch that this worker carries out. */
  runs: () => string[];
  /** Ends a run that is not this worker's any more, or whose row was cancelled. */
  abort: (run: string) => void;
}

/** A worker that has had no sign of the coordinator for this long sends nothing new, in milliseconds. */
const FRESH_MS = 2_000;
/** How often a worker names its runs, in milliseconds. */
const PING_MS = 2_000;
/** A coordinator that has answered no request of this time may have missed others, in milliseconds. */
const AWAY_MS = 6_000;
const TICK_MS = 250;
/** A coordinator that has given no sign for this long while a request waits is silent, in milliseconds. */
const SILENT_MS = 30_000;

/** A request without an answer is sent again; a closed session has none. */
const ignored = (): undefined => undefined;

/** Begins with the lease that a chunk names. */
export function createBatchSession(parts: SessionParts): BatchSession {
  const { batchId, worker, sender, monotonic } = parts;
  let epoch = parts.epoch;
  let heardAt = Number.NEGATIVE_INFINITY;
  /** The latest request that is answered was made then. */
  let provedAt = Number.NEGATIVE_INFINITY;
  /** While the runs are not held under a new lease, their requests wait. */
  let isHolding = false;
  const ofSilence = new Set<() => void>();
  const tellSilence = () => {
    for (const tell of ofSilence) tell();
  };
  const post = (message: Omit<ToCoordinator, 'from' | 'epoch' | 'floor'>) => {
    const heading = { from: worker, epoch, floor: pending.floor() };
    sender.send(PLACES.batch(batchId), { ...heading, ...message } satisfies ToCoordinator);
  };
  const pending = createPendingRequests(
    monotonic,
    ({ id, ask, again }, after) => post({ id, body: ask, ...(again && { again }), ...(after.length > 0 && { after }) }),
    parts.numbers,
  );
  const enqueue = <K extends RequestKind>(
    ask: Ask<K>,
    after: readonly number[] = [],
  ): Promise<Requests[K]['reply']> => {
    const { request, reply } = pending.add(ask, after);
    if (!isHolding || ask.kind === 'hold') pending.send(request);
    return reply;
  };
  const take = (id: number): PendingRequest | undefined => {
    const request = pending.take(id);
    if (request === undefined) return undefined;
    if (request.firstAt - provedAt > AWAY_MS) pending.hurry();
    provedAt = Math.max(provedAt, request.firstAt);
    return request;
  };
  const seeEpoch = (seen: number) => {
    if (seen <= epoch) return;
    epoch = seen;
    provedAt = Number.NEGATIVE_INFINITY;
    isHolding = true;
    for (const request of pending.all()) {
      // Their answers would be those of the earlier coordinator; pings and chunks mean nothing to this one.
      if (request.ask.kind === 'ping' || request.ask.kind === 'hold') pending.take(request.id);
      request.again = true;
    }
    void enqueue({ kind: 'hold', runs: parts.runs() }).then(({ dropped }) => {
      if (epoch !== seen) return;
      isHolding = false;
      for (const run of dropped) parts.abort(run);
      for (const request of pending.all()) pending.send(request);
    }, ignored);
  };
  let pinged = { id: 0, at: Number.NEGATIVE_INFINITY };
  const ping = () => {
    const [runs, at] = [parts.runs(), monotonic()];
    if (at - pinged.at < PING_MS || (pending.size() === 0 && runs.length === 0)) return;
    pending.take(pinged.id);
    pinged = { id: pending.nextId(), at };
    enqueue({ kind: 'ping', runs }).catch(ignored);
  };
  const tick = () => {
    ping();
    const now = monotonic();
    const waiting = pending.all().filter(({ ask }) => ask.kind !== 'ping');
    if (waiting.some(({ firstAt }) => now - Math.max(firstAt, heardAt) >= SILENT_MS)) tellSilence();
    for (const request of pending.due()) {
      const { kind } = request.ask;
      if (kind !== 'ping' && (!isHolding || kind === 'hold')) pending.send(request);
    }
  };
  const ticking = setInterval(tick, TICK_MS);
  return {
    batchId,
    worker,
    epoch: () => epoch,
    now: monotonic,
    request: enqueue,
    sendAnswer(answered) {
      const id = pending.nextId();
      return { id, committed: enqueue({ kind: 'answer', ...answered }) };
    },
    event: (event) => post({ id: null, body: { kind: 'event', ...event } }),
    receive({ epoch: theirs, body }) {
      if (theirs > epoch) seeEpoch(theirs);
      if (theirs === epoch) heardAt = monotonic();
      if (theirs < epoch || body.kind === 'lease') return;
      if (body.kind === 'abort') parts.abort(body.run);
      else if (body.kind === 'done') for (const id of body.ids) take(id)?.resolve(null as never);
      else if (body.kind === 'reply') take(body.id)?.resolve(body.value as never);
      else {
        const refused = take(body.id);
        if (refused !== undefined) pending.refuse(refused, fromWire(body.error));
      }
    },
    seeEpoch,
    isFresh: () => monotonic() - provedAt <= FRESH_MS,
    onSilence(tell) {
      ofSilence.add(tell);
      return () => ofSilence.delete(tell);
    },
    close() {
      clearInterval(ticking);
      tellSilence();
      pending.close(new AppError('aborted', 'The worker ends.'));
    },
  };
}
