import type { Json, JsonObject } from '../protocol/messages.ts';
import type { BatchTotals, Savings } from './batch-totals.ts';
import type { BatchBill } from './bill.ts';
import type { BatchControl, Fence, LeaseOwner } from './leases.ts';
import type { ProviderJobRecord } from './provider-jobs.ts';
import type { StoredError, StoredFailures } from './rows.ts';

/** See DESIGN's life of a batch; the transitions are in runner/lifecycle/batch.ts. */
export type BatchStatus =
  | 'collecting'
  | 'created'
  | 'validating'
  | 'loading'
  | 'running'
  | 'paused'
  | 'aggregating'
  | 'completed'
  | 'failed'
  | 'cancelled';

/**
 * Why a batch is paused: a user paused it, its process ended, it reached its cap, a fault would fail every row, or its
 * sample is done.
 */
export type PauseReason = 'user' | 'interrupted' | 'budget' | 'fatal' | 'sample';

export interface BatchRecord {
  id: string;
  status: BatchStatus;
  pauseReason: PauseReason | null;
  /** Why the batch is paused or failed, with the fix. */
  error: StoredError | null;
  /** The status that follows `aggregating`. */
  ending: 'completed' | 'failed' | 'cancelled' | null;
  /** The request of another process to the owner; the owner clears it. */
  control: BatchControl | null;
  idempotencyKey: string | null;
  /** The id of the key with a budget that started it; null for every other batch. */
  budgetKey: string | null;
  /** The runner's documents, opaque to the store: the request, the agent's snapshot, the resolved tools. */
  plan: JsonObject;
  /** Options set after creation; they override the plan's options. The owner reads them and does not write them. */
  settings: JsonObject;
  /** Known once loading is done. */
  columns: string[] | null;
  loadWarnings: Json[];
  /** Rows from this number on are held back (a sample); null when no row is held back. */
  rowLimit: number | null;
  /** The row limit counts places in the order of claims, not row numbers: rows without a place are held back. */
  limitsPlaces: boolean;
  output: { uri: string; bytes: number } | null;
  /** Load progress of a source that is loaded while rows run; null for every other source. */
  intake: Intake | null;
  /** Each ended row waits in the outbox until it is delivered. */
  delivers: boolean;
  totals: BatchTotals;
  /** Times are milliseconds since the epoch. */
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  /** Time spent in `running` before the current period, in whole milliseconds, for rates and ETA. */
  activeMs: number;
  /** When the current period of `running` started; null when the batch is not running. */
  activeSince: number | null;
  owner: LeaseOwner | null;
}

/** A state that a batch entered, with its rows by status at that time. */
export interface BatchStateChange {
  /** From 1 in each batch. */
  number: number;
  at: number;
  status: BatchStatus;
  pauseReason: PauseReason | null;
  queued: number;
  running: number;
  succeeded: number;
  failed: number;
}

/** Which batches are listed: by status, by the name of their agent, by a text in their id, name, agent or source. */
export interface BatchFilter {
  status?: readonly BatchStatus[];
  agent?: string;
  text?: string;
}

/** Details of a batch for reports, besides its record. */
export interface BatchDetails {
  bill: BatchBill;
  /** In order of creation. */
  jobs: ProviderJobRecord[];
  /** As {@link RowStore.readFailures}. */
  failures: StoredFailures[];
}

/**
 * Load progress of a source that is loaded while rows run. `total` is null when the source does not know its row count.
 */
export interface Intake {
  isOver: boolean;
  total: number | null;
}

/** A batch as it is first stored: without totals, without an owner, and with a source that is not opened yet. */
export type NewBatch = Omit<BatchRecord, 'totals' | 'owner' | 'intake' | 'delivers' | 'limitsPlaces'> & {
  /** The place where it will write its table: no other batch may write there until this one has ended. */
  reserves?: string;
};

/**
 * Fields of a batch that may change. Absent fields stay. `settings` is merged into the stored settings; a null in it
 * removes a setting.
 */
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
    | 'limitsPlaces'
    | 'output'
    | 'startedAt'
    | 'endedAt'
    | 'activeMs'
    | 'activeSince'
    | 'plan'
    | 'settings'
    | 'intake'
    | 'delivers'
    | 'budgetKey'
  >
> & {
  /** When the bodies of its journal are due for pruning, once the batch has ended; null: never. */
  pruneAt?: number | null;
};

/** Conditions of a change to a batch; see {@link Store.updateBatch}. */
export interface UpdateGuard {
  fence?: Fence;
  when?: BatchStatus[];
  unlessControl?: BatchControl;
  /** Only if the batch has this number of rows. */
  rows?: number;
  /** Only if no request for a single row is pending in the settings. */
  unlessRowRequests?: true;
}

/** Stored batches and their bills. The contract of `storage/store.ts` holds for every call. */
export interface BatchStore {
  /**
   * With an idempotency key that exists, the stored batch is returned and nothing is written. Rejects with
   * `output_exists` when an unended batch reserves the same place.
   */
  insertBatch(batch: NewBatch): Promise<{ batch: BatchRecord; inserted: boolean }>;
  readBatch(id: string): Promise<BatchRecord | undefined>;
  /** The batch that was started with an idempotency key. */
  readBatchOfKey(key: string): Promise<BatchRecord | undefined>;
  /** Up to `limit` ids that start with a text, newest first. */
  findBatchIds(start: string, limit: number): Promise<string[]>;
  /** Newest first, or oldest first; `before` is an id to continue after. */
  listBatches(
    options: BatchFilter & { limit: number; before?: string; order?: 'newest' | 'oldest' },
  ): Promise<BatchRecord[]>;
  /** In order; batches from before this record have entries from their next change on only. */
  readStateChanges(id: string): Promise<BatchStateChange[]>;
  /**
   * `when`: the change is made only if the status is one of these. `unlessControl`: only if this control is not
   * requested. `rows`: only if the batch has this number of rows. `unlessRowRequests`: only if `settings.row_requests` is empty.
   * Resolves to whether the change was made.
   */
  updateBatch(id: string, change: BatchChange, guard: UpdateGuard): Promise<boolean>;
  /** Only a batch's `settings`, for its owner's heartbeat. */
  readSettings(id: string): Promise<JsonObject>;
  /** Only the number of its queued rows; 0 of a batch that was removed. */
  countQueued(id: string): Promise<number>;
  readBill(id: string): Promise<BatchBill>;
  /** The details of many batches in one call, by id; a batch that was removed in the meantime is left out. */
  readDetails(ids: readonly string[]): Promise<Map<string, BatchDetails>>;
  /** Over all batches that are stored. */
  readSavings(): Promise<Savings>;
  /** Ids of ended batches whose `pruneAt` is not after `at`. */
  listPrunableBatches(at: number): Promise<string[]>;
  /**
   * Removes a batch whose status is one of `when`, with its accounting and its lease. Resolves to whether the batch was
   * removed. {@link sweepRemoved} deletes its rows and journal.
   */
  removeBatch(fence: Fence, when: BatchStatus[]): Promise<boolean>;
  /** Deletes a portion of the rows and journals of removed batches; resolves to whether any are left. */
  sweepRemoved(): Promise<boolean>;
}
