import { AppError } from '../base/errors.ts';
import { PLACES } from '../fleet/places.ts';
import type { StreamSender } from '../fleet/stream-sender.ts';
import type {
  Answered,
  AnyAsk,
  AnyEvent,
  Ask,
  RequestKind,
  Requests,
  ToCoordinator,
  ToWorker,
} from '../runner/execution/fleet/messages.ts';
import { fromWire } from '../runner/execution/fleet/wire.ts';

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
  /** Resolves when the coordinator is there again. */
  fresh(): Promise<void>;
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
  monotonic: () => number;
  /** The runs of the batch that this worker carries out. */
  runs: () => string[];
  /** Ends a run that is not this worker's any more, or whose row was cancelled. */
  abort: (run: string) => void;
}

/** A worker that has had no sign of the coordinator for this long sends nothing new, in milliseconds. */
const FRESH_MS = 2_000;
const PING_MS = 500;
/** How often a worker names its runs, in milliseconds. */
const LIST_MS = 2_000;
/** An unanswered request is sent again after this, in milliseconds. */
const REPEAT_MS = 2_000;
const TICK_MS = 250;

/** A coordinator that has given no sign for this long while a request waits is silent, in milliseconds. */
const SILENT_MS = 30_000;

/** A request without an answer is sent again; a closed session has none. */
const ignored = (): undefined => undefined;

interface Pending {
  ask: AnyAsk;
  after: readonly number[];
  firstAt: number;
  sentAt: number;
  again: boolean;
  resolve: (value: never) => void;
  reject: (error: AppError) => void;
}

/** Begins with the lease that a chunk names. */
export function createBatchSession(parts: SessionParts): BatchSession {
  const { batchId, worker, sender, monotonic } = parts;
  const pending = new Map<number, Pending>();
  let epoch = parts.epoch;
  let next = 1;
  let provedAt = Number.NEGATIVE_INFINITY;
  let pinged = { id: 0, at: Number.NEGATIVE_INFINITY };
  let listedAt = Number.NEGATIVE_INFINITY;
  let waiting: (() => void)[] = [];
  let heardAt = Number.NEGATIVE_INFINITY;
  const ofSilence = new Set<() => void>();
  const tellSilence = () => {
    for (const tell of ofSilence) tell();
  };
  /** While the runs are not held under a new lease, their requests wait. */
  let isHolding = false;
  const isFresh = () => monotonic() - provedAt <= FRESH_MS;
  const post = (message: Omit<ToCoordinator, 'from' | 'epoch' | 'floor'>) => {
    const [floor = next] = pending.keys();
    sender.send(PLACES.batch(batchId), { from: worker, epoch, floor, ...message } satisfies ToCoordinator);
  };
  const send = (id: number, entry: Pending) => {
    entry.sentAt = monotonic();
    const after = entry.after.filter((answer) => pending.has(answer));
    post({ id, body: entry.ask, ...(entry.again && { again: true }), ...(after.length > 0 && { after }) });
  };
  const enqueue = <K extends RequestKind>(
    ask: Ask<K>,
    { urgent = false, after = [] }: { urgent?: boolean; after?: readonly number[] } = {},
  ): Promise<Requests[K]['reply']> =>
    new Promise((resolve, reject) => {
      const id = next;
      next += 1;
      const at = monotonic();
      const entry: Pending = { ask: ask as AnyAsk, after, firstAt: at, sentAt: at, again: false, resolve, reject };
      pending.set(id, entry);
      if (!isHolding || urgent) send(id, entry);
    });
  /** With all that was to be carried out after it. */
  const refuse = (id: number, { reject }: Pending, error: AppError) => {
    reject(error);
    for (const [dependent, entry] of pending) {
      if (!entry.after.includes(id)) continue;
      pending.delete(dependent);
      entry.reject(error);
    }
  };
  const prove = (at: number) => {
    provedAt = Math.max(provedAt, at);
    if (!isFresh()) return;
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  /** A request that is answered now; undefined where it was answered before. */
  const take = (id: number): Pending | undefined => {
    const entry = pending.get(id);
    if (entry === undefined) return undefined;
    pending.delete(id);
    prove(entry.firstAt);
    return entry;
  };
  const seeEpoch = (seen: number) => {
    if (seen <= epoch) return;
    epoch = seen;
    provedAt = Number.NEGATIVE_INFINITY;
    isHolding = true;
    const earlier = [...pending];
    for (const [id, entry] of earlier) {
      // Their answers would be those of the earlier coordinator; pings and chunks mean nothing to this one.
      if (entry.ask.kind === 'ping' || entry.ask.kind === 'hold') pending.delete(id);
      entry.again = true;
    }
    void enqueue({ kind: 'hold', runs: parts.runs() }, { urgent: true }).then(({ dropped }) => {
      if (epoch !== seen) return;
      isHolding = false;
      for (const run of dropped) parts.abort(run);
      for (const [id, entry] of pending) send(id, entry);
    }, ignored);
  };
  const ping = () => {
    pending.delete(pinged.id);
    pinged = { id: next, at: monotonic() };
    const isListing = pinged.at - listedAt >= LIST_MS;
    if (isListing) listedAt = pinged.at;
    void enqueue({ kind: 'ping', runs: isListing ? parts.runs() : null }).catch(ignored);
  };
  const tick = () => {
    const now = monotonic();
    if (now - pinged.at >= PING_MS && (pending.size > 0 || parts.runs().length > 0)) ping();
    for (const [id, entry] of pending) {
      if (entry.ask.kind === 'ping') continue;
      if (now - Math.max(entry.firstAt, heardAt) >= SILENT_MS) tellSilence();
      if (now - entry.sentAt < REPEAT_MS) continue;
      if (!isHolding || entry.ask.kind === 'hold') send(id, entry);
    }
  };
  const ticking = setInterval(tick, TICK_MS);
  return {
    batchId,
    worker,
    epoch: () => epoch,
    now: monotonic,
    request: (ask, after = []) => enqueue(ask, { after }),
    sendAnswer(answered) {
      const id = next;
      return { id, committed: enqueue({ kind: 'answer', ...answered }) };
    },
    event: (event) => post({ id: null, body: { kind: 'event', ...event } }),
    receive({ epoch: theirs, body }) {
      if (theirs > epoch) seeEpoch(theirs);
      if (theirs === epoch) heardAt = monotonic();
      if (theirs < epoch || body.kind === 'lease') return;
      if (body.kind === 'abort') {
        parts.abort(body.run);
        return;
      }
      if (body.kind === 'done') {
        for (const id of body.ids) take(id)?.resolve(null as never);
        return;
      }
      const entry = take(body.id);
      if (entry === undefined) return;
      if (body.kind === 'reply') entry.resolve(body.value as never);
      else refuse(body.id, entry, fromWire(body.error));
    },
    seeEpoch,
    isFresh,
    fresh: () => (isFresh() ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    onSilence(tell) {
      ofSilence.add(tell);
      return () => ofSilence.delete(tell);
    },
    close() {
      clearInterval(ticking);
      tellSilence();
      const error = new AppError('aborted', 'The worker ends.');
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
    },
  };
}
