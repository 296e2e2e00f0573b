import * as z from 'zod';
import type { Usage } from '../../../protocol/messages.ts';
import type { RateLimits } from '../../../providers/provider.ts';
import type { JournalAnswer, JournalEntry, JournalIntent, JournalKey } from '../../../storage/journal.ts';
import type { EventMap, EventName } from '../../../telemetry/events.ts';
import type { HashedTake, Taken } from '../../rows/hashed-cache.ts';
import type { CallLimits } from '../../rows/model-call.ts';
import type { BatchSnapshot, RowTask } from '../../rows/row-task.ts';
import type { WireError, WireOutcome } from './wire.ts';

/** Prices of a file that override the bundled ones; null: there are none. */
export type OwnPrices = Readonly<Record<string, object>> | null;

/** What all runs of one model of a batch have in common, as workers get it. */
export interface FleetSnapshot {
  batch: BatchSnapshot;
  /** The coordinator's own prices: all calls of a batch are priced alike. */
  prices: OwnPrices;
  /** The content of each file that the agent's `module` tools name, as SHA-256, by the path in the definition. */
  modules: { [path: string]: string };
  /** Whether the batch allows answers of other rows. */
  caches: boolean;
}

/** The size of a call, for the limits of its model. */
interface CallEntry {
  requestBytes: number;
  maxTokens: number;
  isRepeat: boolean;
}

/** What a worker asks the coordinator of a batch, by its kind. Every request is answered, and repeated until it is. */
export interface Requests {
  /** The rows of a chunk that are left to run. */
  begin: { ask: { chunk: string }; reply: { tasks: BegunTask[] } };
  /** A snapshot, by the hash of its content. */
  snapshot: { ask: { hash: string }; reply: FleetSnapshot };
  /** The worker gives back the rows of a chunk that it has not run. `reason`: why it can't run them; null: it ends. */
  return: { ask: { runs: string[]; reason: string | null }; reply: null };
  /** The entries of the earlier claims of a row. */
  read: { ask: { run: string }; reply: JournalEntry[] };
  /**
   * Money, the model's limits and the intent of one call, in this order. `entry` is null for the call of a tool.
   * `openSends`: the sends of this call whose outcome is not known.
   */
  grant: {
    ask: { run: string; intent: JournalIntent; entry: CallEntry | null; openSends: number };
    reply: CallLimits;
  };
  /** Looks a model call up in the cache of the batch, by the hash of its request as base64. */
  reuse: {
    ask: { run: string; hash: string } & Pick<HashedTake, 'turn' | 'model' | 'appended'>;
    reply: Taken;
  };
  /** Whether a call that was granted may still be sent: asked by a worker that was cut off, or had no slot for long. */
  still: { ask: { run: string; key: JournalKey }; reply: null };
  /** A call's answer; resolves when it is committed. */
  answer: { ask: Answered; reply: null };
  /** A model call has failed; resolves to what that means for its next try. */
  fault: { ask: { run: string; key: JournalKey; error: WireError; limits?: RateLimits }; reply: WireMeaning };
  /** The last send of a call was refused and not charged. */
  refusal: { ask: { run: string; key: JournalKey }; reply: null };
  /** The outcome of a run; resolves when the row is settled. `slotMs`: how long it kept a place of its worker. */
  outcome: { ask: { run: string; outcome: WireOutcome; hashed: WireHash[]; slotMs: number }; reply: null };
  /** The worker runs these rows. Their calls go on under another lease of the batch. */
  hold: { ask: { runs: string[] }; reply: { dropped: string[] } };
  /** All runs of the batch that the worker has. The answer shows that the coordinator is there. */
  ping: { ask: { runs: string[] }; reply: null };
}

/** The hash of an answered model call, as base64, where the batch caches. */
export interface WireHash {
  turn: number;
  hash: string;
}

/** What a fault means for the next try of its call; see `Permit` of lanes. */
export type WireMeaning = { kind: 'own' | 'alone' | 'lane' } | { kind: 'given-up'; error: WireError };

/** A row to be run. */
export interface BegunTask {
  task: RowTask;
  /** The hash of its {@link FleetSnapshot}. */
  snapshot: string;
  /** The deadline of the run in milliseconds, where it is not the agent's own. */
  timeoutMs?: number;
  limits: CallLimits;
  /** The events of runs that are listened to. */
  events: EventName[];
}

/** An answered call. */
export interface Answered {
  run: string;
  key: JournalKey;
  answer: JournalAnswer;
  /** Present for a model call. */
  usage?: Usage;
  limits?: RateLimits;
  /** The worker that was answered, where another one hands the answer over. */
  by?: string;
}

export type RequestKind = keyof Requests;
export type Ask<K extends RequestKind> = { kind: K } & Requests[K]['ask'];
/** One request of any kind. */
export type AnyAsk = { [K in RequestKind]: Ask<K> }[RequestKind];

/** Bodies come from our own program, and are signed where there is a key. Their forms cost 10 µs a row to check. */
function bodyOf<Body>(): z.ZodType<Body> {
  return z.custom<Body>((body) => typeof body === 'object' && body !== null);
}

/** The form of what workers send. */
export const toCoordinator = z.object({
  from: z.string(),
  epoch: z.number(),
  /** Numbers the requests of a worker; null for a message that is not answered. */
  id: z.number().nullable(),
  /** All requests below are answered, and the answers have arrived. */
  floor: z.number(),
  /** The request was sent to the coordinator of an earlier lease before. */
  again: z.boolean().optional(),
  /** Carried out only after these requests of the worker, and refused where one of them is. */
  after: z.array(z.number()).optional(),
  body: bodyOf<AnyAsk | ({ kind: 'event' } & AnyEvent)>(),
});

/** One event of a run on a worker. */
export type AnyEvent = { [K in EventName]: { name: K; payload: EventMap[K] } }[EventName];

/** A message of a worker to the coordinator of a batch. */
export type ToCoordinator = z.infer<typeof toCoordinator>;

/** The form of what coordinators send. */
export const toWorker = z.object({
  batchId: z.string(),
  epoch: z.number(),
  body: bodyOf<
    | { kind: 'reply'; id: number; value: unknown }
    /** The replies to these requests are null. */
    | { kind: 'done'; ids: number[] }
    | { kind: 'refused'; id: number; error: WireError }
    /** Ends a run: its row was cancelled, or is no longer this worker's. */
    | { kind: 'abort'; run: string }
    /** The batch has another lease: requests are to be sent again under it. */
    | { kind: 'lease' }
  >(),
});

/** A message of the coordinator of a batch to a worker. */
export type ToWorker = z.infer<typeof toWorker>;
