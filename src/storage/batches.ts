import type { Json, JsonObject } from '../protocol/messages.ts';
import type { BatchTotals, Savings } from './batch-totals.ts';
import type { BatchBill } from './bill.ts';
import type { BatchControl, Fence, LeaseOwner } from './leases.ts';
import type { ProviderJobRecord } from './provider-jobs.ts';
import type { StoredError, StoredFailures } from './rows.ts';

/** See DESIGN's life of a batch; the transitions are in runner/lifecycle/batch.ts. */
export type BatchStatus =
  | 'created'
  | 'validating'
  | 'loading'
  | 'running'
  | 'paused'
  | 'aggregating'
  | 'completed'
  | 'failed'
  | 'cancelled';

/** Why a batch is paused: a person, its process ended, its cap, a fault that would fail every row, its sample is done. */
export type PauseReason = 'user' | 'interrupted' | 'budget' | 'fatal' | 'sample';

export interface BatchRecord {
  id: string;
  status: BatchStatus;
  pauseReason: PauseReason | null;
  /** Why it is paused or failed, with the fix. */
  error: StoredError | null;
  /** What `aggregating` will end in. */
  ending: 'completed' | 'failed' | 'cancelled' | null;
  /** What another process asked the owner for; the owner clears it. */
  control: BatchControl | null;
  idempotencyKey: string | null;
  /** The request, the agent's snapshot, the resolved tools: the runner's own documents, opaque to the store. */
  plan: JsonObject;
  /** What was set since, laid over the plan's options. The owner reads it and does not write it. */
  settings: JsonObject;
  /** Known once loading is done. */
  columns: string[] | null;
  loadWarnings: Json[];
  /** Rows from this number on are held back (a sample); null when none is. */
  rowLimit: number | null;
  output: { uri: string; bytes: number } | null;
  /** How far a source is that is loaded while rows run; null for every other. */
  intake: Intake | null;
  /** Each ended row waits in the outbox until it is delivered. */
  delivers: boolean;
  totals: BatchTotals;
  /** Times are milliseconds since the epoch. */
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  /** Time spent in `running` before the current stretch, in whole milliseconds, for rates and ETA. */
  activeMs: number;
  /** When the current stretch of `running` began; null when it is not running. */
  activeSince: number | null;
  owner: LeaseOwner | null;
}

/** What a report shows of a batch besides its record. */
export interface BatchDetails {
  bill: BatchBill;
  /** In the order in which they were made. */
  jobs: ProviderJobRecord[];
  /** As {@link RowStore.readFailures}. */
  failures: StoredFailures[];
}

/** A source that is loaded while rows run. `total` is null where it does not know how many rows it has. */
export interface Intake {
  isOver: boolean;
  total: number | null;
}

/** A batch as it is stored first: without sums, owned by nobody, and with a source that was not opened yet. */
export type NewBatch = Omit<BatchRecord, 'totals' | 'owner' | 'intake' | 'delivers'>;

/** What may be changed on a batch. Absent fields stay; `settings` is merged into what is there, and a null in it removes. */
export type BatchChange = Partial<
  Pick<
    BatchRecord,
    | 'status'
    | 'pauseReason'
    | 'error'
    | 'ending'
    | 'control'
    | 'columns'
    | 'loadWarnings'
    | 'rowLimit'
    | 'output'
    | 'startedAt'
    | 'endedAt'
    | 'activeMs'
    | 'activeSince'
    | 'plan'
    | 'settings'
    | 'intake'
    | 'delivers'
  >
> & {
  /** When pruning the bodies of its journal is due, once it has ended; null: never. */
  pruneAt?: number | null;
};

/** When a change to a batch is made; see {@link Store.updateBatch}. */
export interface UpdateGuard {
  fence?: Fence;
  when?: BatchStatus[];
  unlessControl?: BatchControl;
}

/** What is kept of batches, with their bills. The contract of `storage/store.ts` holds for every call. */
export interface BatchStore {
  /** With an idempotency key that exists, the stored batch is returned and nothing is written. */
  insertBatch(batch: NewBatch): Promise<{ batch: BatchRecord; inserted: boolean }>;
  readBatch(id: string): Promise<BatchRecord | undefined>;
  /** The batch that was started with an idempotency key. */
  readBatchOfKey(key: string): Promise<BatchRecord | undefined>;
  /** Newest first; `before` is an id to continue after. */
  listBatches(options: { limit: number; before?: string }): Promise<BatchRecord[]>;
  /**
   * `when`: the change is made only if the status is one of these; `unlessControl`: only if this is not asked for.
   * Resolves to whether it was made.
   */
  updateBatch(id: string, change: BatchChange, guard: UpdateGuard): Promise<boolean>;
  /** A batch's `settings` alone, for its owner's heartbeat. */
  readSettings(id: string): Promise<JsonObject>;
  readBill(id: string): Promise<BatchBill>;
  /** The details of many batches in one call, by id; a batch that was removed meanwhile is left out. */
  readDetails(ids: readonly string[]): Promise<Map<string, BatchDetails>>;
  /** Over all batches that are stored. */
  readSavings(): Promise<Savings>;
  /** Ids of ended batches whose `pruneAt` has come. */
  listPrunableBatches(at: number): Promise<string[]>;
  /**
   * Removes a batch whose status is one of `when`, with its accounting and its lease; resolves to whether it did. Its rows
   * and journal go with {@link sweepRemoved}.
   */
  removeBatch(fence: Fence, when: BatchStatus[]): Promise<boolean>;
  /** Deletes a portion of what removed batches have left; resolves to whether anything is left. */
  sweepRemoved(): Promise<boolean>;
}
