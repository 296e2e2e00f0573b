import type { ErrorCode } from '../base/errors.ts';
import type { Json, JsonObject, Message, TokenCosts, Usage } from '../protocol/messages.ts';
import type { BatchTotals, Savings } from './batch-totals.ts';
import type { BatchBill } from './bill.ts';
import type { CachedAnswer, HashedCall } from './cache.ts';
import type { ConversationRecord } from './conversations.ts';
import type { JobChange, JobRecord, JobRow, JobRowResult, ParkedRow } from './provider-jobs.ts';

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
export type RowStatus = 'queued' | 'running' | 'succeeded' | 'failed';

/** A stored fault. */
export interface StoredError {
  code: ErrorCode;
  message: string;
}

export interface BatchRecord {
  id: string;
  status: BatchStatus;
  pauseReason: PauseReason | null;
  /** Why it is paused or failed, with the fix. */
  error: StoredError | null;
  /** What `aggregating` will end in. */
  ending: 'completed' | 'failed' | 'cancelled' | null;
  /** What another process asked the owner for; the owner clears it. */
  control: 'pause' | 'cancel' | null;
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

/** A batch as it is stored first: without sums, and owned by nobody. */
export type NewBatch = Omit<BatchRecord, 'totals' | 'owner'>;

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
  >
> & {
  /** When pruning the bodies of its journal is due, once it has ended; null: never. */
  pruneAt?: number | null;
};

/** When a change to a batch is made; see {@link Store.updateBatch}. */
export interface UpdateGuard {
  fence?: Fence;
  when?: BatchStatus[];
  unlessControl?: NonNullable<BatchRecord['control']>;
}

/** Who runs a batch: enough to tell a dead process from a silent one on this host. */
export interface LeaseOwner {
  /** Random, new for each process. */
  instance: string;
  host: string;
  bootId: string;
  pid: number;
  /** The process's start time as the kernel counts it, so that a reused pid is not mistaken. */
  processStart: string;
}

/** Every write of an owner carries this; the store rejects it with `lease_lost` unless the epoch is still the batch's. */
export interface Fence {
  batchId: string;
  epoch: number;
}

export interface NewRow {
  row: number;
  line: number;
  cells: Json[];
  /** Present for a malformed line: it is stored as a failed row with code `row_malformed`. */
  malformed?: { reason: string; text: string };
}

export interface RowRecord {
  row: number;
  line: number;
  status: RowStatus;
  /** From 1; 0 before the first. */
  attempt: number;
  /** How often this attempt was claimed; above 1 the journal may hold answers to replay. */
  claims: number;
  cells: Json[];
  rawText: string | null;
  /** The mapped agent input, once transformed. */
  input: JsonObject | null;
  /** The structured content. */
  output: JsonObject | null;
  error: StoredError | null;
  startedAt: number | null;
  endedAt: number | null;
  processingMs: number | null;
}

export type RowResult =
  /** `hashed`: model calls of the attempt whose answers may from here on serve identical requests. */
  | ({ status: 'succeeded'; input: JsonObject; output: JsonObject; hashed?: HashedCall[] } & RowTimes)
  | ({ status: 'failed'; input: JsonObject | null; error: StoredError } & RowTimes);

interface RowTimes {
  processingMs: number;
  endedAt: number;
  /** What the attempt's answered calls of known price cost, earlier claims included. Absent: nothing. */
  costMicroUsd?: number;
}

/** An attempt that a later one has taken the place of. `error` is null when it was given up before it ended. */
export interface PastAttempt {
  attempt: number;
  error: StoredError | null;
  startedAt: number | null;
  endedAt: number | null;
  processingMs: number | null;
}

/** One call of one run: `call` 0 is the turn's model call, 1… are its tool calls. Runs of a batch begin with `BATCH_ID/`. */
export interface JournalKey {
  run: string;
  turn: number;
  call: number;
}

export interface JournalIntent extends JournalKey {
  kind: 'model' | 'tool';
  /** Model or tool name. */
  name: string;
  /** For a model call: the messages appended since the turn before (transcripts are append-only). For a tool: its input. */
  request: Json;
  idempotent: boolean;
  /** Upper limit of this call's cost; null when its price is unknown. */
  worstMicroUsd: number | null;
  at: number;
}

export interface JournalAnswer {
  /** A ModelResponse or a ToolResult. */
  response: Json;
  usage: Usage | null;
  /** null when the price is unknown; 0 for a tool. */
  costMicroUsd: number | null;
  requestId: string | null;
  at: number;
  /** Where a model call stands in the bill: `provider/model`, and its cost by kind of token (null: unknown). */
  billed?: { model: string; costs: TokenCosts | null };
  /** Of an answer of a provider's batch API: what it would have cost in real time; null when the price is unknown. */
  standardMicroUsd?: number | null;
}

export interface JournalEntry extends JournalIntent {
  answer: JournalAnswer | null;
  /** Sends whose outcome is not known. */
  openSends: number;
  /** Present for an answer that was taken from another row's model call. */
  cachedFrom?: CachedAnswer['from'];
  /** The bodies were pruned: `request` and `answer.response` are null. */
  isPruned?: true;
}

/** `begun`: only rows whose attempt was claimed before. */
export interface ClaimOptions {
  limit: number;
  at: number;
  begun?: boolean;
}

/** What a lease attempt gives. */
export type LeaseOutcome = { acquired: true; fence: Fence } | { acquired: false; owner: LeaseOwner };

/**
 * Everything durable. Asynchronous, so that another database can stand behind it.
 *
 * Contract: a promise that resolved is committed and survives SIGKILL. Writes of one event-loop turn are grouped into
 * one transaction. A write with a fence fails with `lease_lost` and changes nothing when the lease has another epoch.
 * Other faults reject with `store_unavailable`.
 */
export interface Store {
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
  /** Over all batches that are stored. */
  readSavings(): Promise<Savings>;

  /** Takes the lease when there is none, its owner is dead on this host, or it was silent for 15 s. Raises the epoch. */
  acquireLease(batchId: string, owner: LeaseOwner): Promise<LeaseOutcome>;
  /** Heartbeat. Resolves to the batch's `control`, or rejects with `lease_lost`. */
  renewLease(fence: Fence): Promise<BatchRecord['control']>;
  releaseLease(fence: Fence): Promise<void>;
  /** Ids of batches in created, validating, loading, running or aggregating that no living process owns. */
  listLapsedBatches(): Promise<string[]>;

  /** Ids of ended batches whose `pruneAt` has come. */
  listPrunableBatches(at: number): Promise<string[]>;
  /** Takes away the bodies of these runs, for good, and what the cache has of them; their accounting stays. */
  pruneRuns(fence: Fence, runs: string[]): Promise<void>;
  /**
   * Removes a batch whose status is one of `when`, with its accounting and its lease; resolves to whether it did. Its rows
   * and journal go with {@link sweepRemoved}.
   */
  removeBatch(fence: Fence, when: BatchStatus[]): Promise<boolean>;
  /** Deletes a portion of what removed batches have left; resolves to whether anything is left. */
  sweepRemoved(): Promise<boolean>;

  insertRows(fence: Fence, rows: NewRow[]): Promise<void>;
  /** Forgets rows of an interrupted load; only while nothing has run. */
  clearRows(fence: Fence): Promise<void>;
  /** The next queued rows in order, below the batch's row limit, made `running`; a first claim begins attempt 1. */
  claimRows(fence: Fence, options: ClaimOptions): Promise<RowRecord[]>;
  finishRow(fence: Fence, row: number, result: RowResult): Promise<void>;
  /** Back to the queue with attempt and journal kept. */
  returnRow(fence: Fence, row: number): Promise<void>;
  /** All running rows of a dead owner back to the queue, but for those that wait in a job; resolves to their number. */
  returnRunningRows(fence: Fence): Promise<number>;
  /**
   * Failed rows (not malformed ones) queued again with a new attempt; resolves to their number. The attempts before stay
   * readable. `restart`: queued rows whose attempt had begun get a new one too, uncounted.
   */
  redriveRows(fence: Fence, options: { codes?: ErrorCode[]; restart?: boolean }): Promise<number>;
  readAttempts(batchId: string, row: number): Promise<PastAttempt[]>;
  /** In order, from `fromRow` on. */
  readRows(batchId: string, options: { status?: RowStatus; fromRow: number; limit: number }): Promise<RowRecord[]>;
  /** Failures grouped by code, most frequent first, one example each. */
  readFailures(batchId: string): Promise<{ code: ErrorCode; count: number; row: number; message: string }[]>;

  readJournal(run: string): Promise<JournalEntry[]>;
  /** Entries of all runs whose id begins with `prefix`, in order. */
  readJournalByPrefix(prefix: string): Promise<JournalEntry[]>;
  /** Writes the intent, or counts one more send of an entry that exists. Batch totals follow when a fence is given. */
  writeIntent(intent: JournalIntent, fence?: Fence): Promise<void>;
  writeAnswer(key: JournalKey, answer: JournalAnswer, fence?: Fence): Promise<void>;
  /** The last send is known to have been refused and not charged. */
  writeRefusal(key: JournalKey, fence?: Fence): Promise<void>;
  /** An answer that a succeeded attempt (of one batch, or of any) got for a request of this hash, and whose body is kept. */
  findAnswer(hash: Uint8Array, within: string | null): Promise<CachedAnswer | undefined>;
  /** Writes a model call that was not sent, with the answer that another got. Nothing is charged; totals follow. */
  writeCachedAnswer(intent: JournalIntent, answer: CachedAnswer, fence: Fence): Promise<void>;

  /** A new job, in state `building`. */
  insertJob(fence: Fence, job: Pick<JobRecord, 'id' | 'provider' | 'model' | 'createdAt'>): Promise<void>;
  updateJob(fence: Fence, jobId: string, change: JobChange): Promise<void>;
  /** A batch's jobs, in the order in which they were made. */
  readJobs(batchId: string): Promise<JobRecord[]>;
  /** The provider's ids of all jobs that are known, of every batch. */
  readProviderJobIds(provider: string): Promise<string[]>;
  /** The first rows that wait in a job. */
  readJobRows(batchId: string, jobId: string, limit: number): Promise<JobRow[]>;
  /** Running rows into a job, with the intents of the calls that they wait for: they stay `running`, and nobody claims them. */
  parkRows(fence: Fence, jobId: string, rows: ParkedRow[]): Promise<void>;
  /** Takes rows out of a job, each with its result. Resolves to which of them were taken; one that is not in it is passed over. */
  settleJobRows(fence: Fence, jobId: string, results: JobRowResult[]): Promise<boolean[]>;

  insertConversation(conversation: ConversationRecord): Promise<void>;
  readConversation(id: string): Promise<ConversationRecord | undefined>;
  listConversations(options: { limit: number }): Promise<Omit<ConversationRecord, 'messages'>[]>;
  /** Appends when the stored count of messages is `expectedCount`; otherwise rejects with `conversation_busy`. */
  appendMessages(
    id: string,
    append: { expectedCount: number; messages: Message[]; openRun: string | null; at: number },
  ): Promise<void>;

  /** Idempotent; waits for writes under way. */
  close(): Promise<void>;
}
