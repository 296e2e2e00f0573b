import type { AgentDefinition } from '../agent/definition.ts';
import type { ErrorCode } from '../base/errors.ts';
import type { JsonObject, JsonSchema, ToolSpec, Usage } from '../protocol/messages.ts';
import type { BatchStatus, PauseReason } from '../storage/batches.ts';
import type { JournalEntry } from '../storage/journal.ts';
import type { ProviderJobState } from '../storage/provider-jobs.ts';
import type { RowRecord, RowStatus } from '../storage/rows.ts';
import type { StoredType } from '../tables/table.ts';
import type { ExecutorName } from './contract/executor-name.ts';

/** How an agent's input field is filled: a column's name, `{% JSONata over the row %}`, `{column}`, or `{value}`. */
export type InputMapping = Record<string, string | { column: string } | { value: unknown }>;

/** The columns that an output table ends with, unless its mapping says otherwise. */
export type StatusColumn = '_status' | '_processing_time' | '_error';

/**
 * `_parse_status`: what the row's answer came to (`success`, `validation_failed`, `json_failed`, or `error` where there is
 * none). `_validation_passed`: whether its answer fits the schema. `_truncated_fields`: the input fields that its prompt holds
 * in part only. `_outcome`: `success` or `error`, and nothing for a row that was not run. `_failure`: as `_error`, and nothing
 * at all where a row did not fail, for formats that tell nothing from empty text. A status column that is named among them
 * stands there, and not at the end.
 */
export type MetadataColumn =
  | '_parse_status'
  | '_validation_passed'
  | '_truncated_fields'
  | '_outcome'
  | '_failure'
  | StatusColumn;

export interface OutputMapping {
  /** Which structured fields become columns, in this order; all of them when absent. */
  structured_output_fields?: string[];
  /** Further columns: name → `{% JSONata over {row, output} %}`. */
  columns?: Record<string, string>;
  /** What is known of each row beside its answer, failed rows included, as columns of these names. */
  metadata?: MetadataColumn[];
  /** Other headers for columns that are added, by the names that they have without this; null leaves a column out. */
  rename?: Record<string, string | null>;
  /** Which rows the table has: every one (the default), or those that succeeded. */
  rows?: 'all' | 'succeeded';
}

/** What a person may set for a batch. Every one is enforced; nothing is ignored. */
export interface BatchOptions {
  /** Rows at work at once. Default 10, at most 1,000. */
  concurrency?: number;
  /** Run this many rows, then pause with reason `sample`. */
  sample?: number;
  max_cost_usd?: number;
  /** Share of failed rows, in percent of all rows, above which the batch ends `failed`. Default 100: never. */
  tolerated_failure_percent?: number;
  /** 1 to 10; the share of a model's limits beside other batches. Default 5. */
  priority?: number;
  idempotency_key?: string;
  spreadsheet_safe?: boolean;
  /** Whether the output may take the place of a file that is there already. Default false. */
  overwrite?: boolean;
  /**
   * Whose answers may serve identical model requests: nobody's (`off`, the default), this batch's, or those of every batch
   * that caches. Only answers of succeeded rows; tools are called all the same.
   */
  cache?: 'off' | 'batch' | 'all';
  /** Which bodies of calls stay once the batch has ended: `all` (the default), those of failed attempts, or none. */
  trace?: 'all' | 'failures' | 'none';
  /** Days after its end when the rest of them goes too; without it they stay. */
  trace_days?: number;
  /**
   * How rows are run: at once (`realtime`), through the provider's batch API at a lower price (`batch`), or through it where
   * that fits (`auto`, the default).
   */
  mode?: 'auto' | 'batch' | 'realtime';
  /** Rows from which on `auto` takes the batch API. Default 1,000. */
  batch_threshold?: number;
  /** Hours after its first job when what has no answer is cancelled and run in real time. Default: the provider's own limit. */
  batch_deadline_hours?: number;
  /** Whether a fault of the batch API lets the rest run in real time. Default true; without it such a fault pauses the batch. */
  fallback?: boolean;
  /** Most requests of one job. Default: nine tenths of what the provider takes. */
  batch_job_requests?: number;
  /** Most jobs at once. Default 20. */
  batch_jobs?: number;
}

/** What a person asks for. */
export interface BatchRequest {
  csv_uri: string;
  target: { type: 'agent'; name: string; version?: string };
  input_mapping?: InputMapping;
  output_mapping?: OutputMapping;
  output_uri?: string;
  options?: BatchOptions;
}

/** One reason why a request can't run. */
export interface Problem {
  code: ErrorCode;
  message: string;
}

/** What a batch may cost and take, with the basis of the figures. Money is in dollars; null is "unknown". */
export interface Estimate {
  rows: number | null;
  /** null when the model's price is unknown. */
  cost_usd: { low: number; expected: number; high: number } | null;
  tokens: { input: number; output: number } | null;
  duration_seconds: number | null;
  /** How it was worked out, in words. */
  basis: string;
}

/** The ways in which rows can run, and the one that is taken. */
export interface Execution {
  executor: ExecutorName;
  /** Why, in words. */
  reason: string;
  realtime: Estimate;
  /** null where the model has no batch API. */
  batch: Estimate | null;
}

/** What ValidateInput finds out. `problems` is every reason at once; empty means that it can run. */
export interface BatchPlan {
  problems: Problem[];
  warnings: string[];
  /** The agent, when it was found. */
  agent: AgentDefinition | null;
  /** The mapping that would be used: the one given, or columns named like the agent's fields. */
  input_mapping: InputMapping;
  /** Output columns after the source's own, in order, `_status`, `_processing_time` and `_error` included. */
  output_columns: string[];
  columns: string[];
  row_count: number | null;
  /** How many files the source is made of; 1 unless it is a folder or a pattern. */
  source_files: number;
  estimate: Estimate | null;
  /** How its rows would run, and what either way may cost and take; null where there is no estimate. */
  execution: Execution | null;
  /** Dollars that the start is expected to spend: the estimate, less for a sample, at most the cap; null is unknown. */
  spending_usd: number | null;
}

export interface FailureGroup {
  code: ErrorCode;
  count: number;
  example: { row: number; message: string };
}

/** One kind of token in a bill; the cost is null when a price is unknown. */
export interface BillLine {
  tokens: number;
  cost_usd: number | null;
}

/** What the money of a batch went to, over answered calls. Costs are null when a price is unknown. */
export interface Bill {
  /** Input tokens that were not cached. */
  input: BillLine;
  output: BillLine;
  cache_write: BillLine;
  cache_read: BillLine;
  models: { model: string; calls: number; cost_usd: number | null }[];
  /** Attempts by what became of them; a row that was retried has failed ones and perhaps one that succeeded. */
  succeeded: { attempts: number; cost_usd: number | null };
  failed: { attempts: number; cost_usd: number | null };
  /** Spent on attempts that have not ended, or that another model took the place of. */
  unfinished_cost_usd: number | null;
}

/** A job of a provider's batch API as it is shown. */
export interface ProviderJobReport {
  id: string;
  /** null until its creation is answered. */
  provider_job_id: string | null;
  model: string;
  status: ProviderJobState;
  requests: number;
  answered: number;
  /** Refused or expired, at no charge; they go again. */
  refused: number;
  /** Without a result. */
  missing: number;
  error: string | null;
}

/** A batch as it is shown, in every face. Money in dollars, times as ISO 8601, durations in seconds. */
export interface BatchReport {
  batch_id: string;
  status: BatchStatus;
  pause_reason: PauseReason | null;
  error: { code: ErrorCode; message: string } | null;
  agent: string;
  model: string;
  /** Set when the model is a stand-in; shown beside its name. */
  stand_in: string | null;
  source_uri: string;
  output_uri: string | null;
  counts: { total: number; queued: number; running: number; succeeded: number; failed: number };
  rows_per_second: number | null;
  eta_seconds: number | null;
  usage: Usage;
  model_calls: number;
  tool_calls: number;
  /** Model calls that were answered from the cache, at no cost, and what that saved; null when a price is unknown. */
  cached_calls: number;
  saved_usd: number | null;
  /** Rows whose prompt holds some input fields in part only; known once the table is written. */
  truncated_rows: number;
  /** The same by input field. */
  truncated_fields: Record<string, number>;
  /** How its rows are run: at once, or through jobs of the provider's batch API. */
  executor: ExecutorName;
  /** Those jobs, in the order in which they were made. */
  jobs: ProviderJobReport[];
  /** Model calls that jobs have answered, and how much more they would have cost in real time; null when a price is unknown. */
  batch_calls: number;
  discount_usd: number | null;
  /** Exact over answered calls; null when a price is unknown. */
  cost_usd: number | null;
  /** Upper end when calls without an answer are counted at their worst; null when unknown. */
  cost_usd_at_most: number | null;
  bill: Bill;
  /** Until it ends: what the rows to go may cost and take, by what was measured so far. */
  estimate_rest: Estimate | null;
  /** As they hold now. */
  options: { concurrency: number; max_cost_usd: number | null; priority: number };
  failures: FailureGroup[];
  warnings: string[];
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  /** What to do next, in words: the command that resumes, the fix. */
  next_step: string;
}

/** Dollars that batches have saved against real time (`batch_api_usd`), and by answers from the cache. */
export interface Savings {
  batch_api_usd: number;
  cache_usd: number;
}

/** One row as it is shown. `row` counts from 0. */
export interface RowReport {
  row: number;
  line: number;
  status: RowStatus | 'not_run';
  attempt: number;
  source: JsonObject;
  input: JsonObject | null;
  output: JsonObject | null;
  error: { code: ErrorCode; message: string } | null;
  processing_seconds: number | null;
}

/** A row opened: what it is, and every call of its attempts. */
export interface RowTrace {
  row: RowRecord;
  attempts: AttemptTrace[];
}

/** One attempt at a row. */
export interface AttemptTrace {
  attempt: number;
  /** `provider/model`; null when it made no model call. */
  model: string | null;
  /** `superseded`: a retry with another model took its place before it ended. */
  status: RowStatus | 'superseded';
  error: { code: ErrorCode; message: string } | null;
  entries: JournalEntry[];
}

/** What a retry is asked for: failed rows of these codes (all without), with another model, under other limits. */
export interface RetryRequest extends Pick<BatchOptions, 'max_cost_usd' | 'concurrency'> {
  codes?: string[];
  /** `provider/model`, or a model of the batch's provider; new attempts use it from here on. */
  model?: string;
}

/** What a person may decide with a resume. */
export interface ResumeChoice {
  /** Jobs of which it can't be told whether they exist are given up: their requests are sent again, and may be paid twice. */
  resend_lost?: boolean;
}

/** The document behind `BatchRecord.plan`. */
export interface StoredPlan {
  request: BatchRequest;
  /** The request as it was first made, once a resume has changed its options: an idempotency key stands for this one. */
  asked?: BatchRequest;
  /** Folders that the process which made the batch may touch: whoever drives it keeps to them. */
  fileRoots: readonly string[];
  agent: AgentDefinition;
  toolSpecs: ToolSpec[] | null;
  inputMapping: InputMapping;
  /** How the source's columns are stored there, where its format has types; known once it is loaded. */
  columnTypes?: StoredType[];
  /** The source's files in order, with their rows, where there are several; known once they are loaded. */
  parts?: { name: string; rows: number }[];
  outputUri: string;
  estimate: Estimate | null;
  warnings: string[];
  standIn: string | null;
}

export type RunProgress = { report: BatchReport };

/**
 * The batch runner's public face: the five tools, the CLI and HTTP use this and nothing below it.
 * All methods reject with AppErrors (`batch_not_found`, `batch_state_invalid`, …).
 */
export interface Runner {
  /** ValidateInput and the estimate; starts nothing and spends nothing. */
  plan(request: BatchRequest): Promise<BatchPlan>;
  /**
   * Validates and stores a batch as `created`; whoever drives batches picks it up. With a known idempotency key the
   * earlier batch is returned (`started: false`).
   * @param approve sees the plan of a request that can run, before anything is stored; what it throws ends the start
   * @throws AppError the first problem's code, with all problems in the message, when the request can't run
   */
  create(
    request: BatchRequest,
    approve?: (plan: BatchPlan) => void,
  ): Promise<{ report: BatchReport; started: boolean; plan: BatchPlan }>;
  /** Takes the lease and works until the batch ends or pauses. `signal` drains; `hardSignal` stops at once. */
  drive(
    batchId: string,
    options?: {
      signal?: AbortSignal;
      hardSignal?: AbortSignal;
      /** What a drain leaves: a paused batch (the default), or a running one that another process may take over. */
      onDrain?: 'pause' | 'release';
      onProgress?: (progress: RunProgress) => void;
    },
  ): Promise<BatchReport>;
  /** paused → running again, for whoever drives; from `sample` the rest is run. A budget pause wants a higher cap. */
  resume(
    batchId: string,
    change?: Pick<BatchOptions, 'max_cost_usd' | 'concurrency' | 'priority'> & ResumeChoice,
  ): Promise<BatchReport>;
  /** Asks the owner to pause: no new rows within two seconds, rows at work finish. Without an owner it is paused at once. */
  pause(batchId: string): Promise<BatchReport>;
  /** Changes a batch that has not ended; its owner takes it up within two seconds. */
  set(batchId: string, tuning: Pick<BatchOptions, 'concurrency' | 'max_cost_usd' | 'priority'>): Promise<BatchReport>;
  /** Checks a retry and estimates it; changes nothing. */
  planRetry(batchId: string, request: RetryRequest): Promise<{ rows: number; estimate: Estimate | null }>;
  /**
   * Redrive: failed rows of a batch that has ended are queued again with new attempts, in the same batch, and rows that
   * were not run with them; it is running from here on, for whoever drives. Earlier attempts stay in the trace and the bill.
   */
  retry(batchId: string, request: RetryRequest): Promise<BatchReport>;
  /**
   * Asks the owner to stop. Without one the batch goes to `aggregating` (or, not yet loaded, to `cancelled`), and whoever
   * drives it next writes its table.
   */
  cancel(batchId: string): Promise<BatchReport>;
  report(batchId: string): Promise<BatchReport>;
  /** The batch that was started with an idempotency key. */
  find(idempotencyKey: string): Promise<BatchReport | undefined>;
  list(options: { limit: number; before?: string }): Promise<BatchReport[]>;
  /** What all batches that are stored have saved, in dollars, where prices are known. */
  savings(): Promise<Savings>;
  /** Rows from `cursor` (a row number) on; `nextCursor` is null at the end. */
  rows(
    batchId: string,
    options: { status?: RowStatus | 'not_run'; cursor?: number; limit: number },
  ): Promise<{ rows: RowReport[]; nextCursor: number | null }>;
  trace(batchId: string, row: number): Promise<RowTrace>;
  /** Writes the table as it stands now to `uri`; without `overwrite`, in place of nothing but its own output. */
  exportTable(
    batchId: string,
    uri: string,
    options?: { spreadsheetSafe?: boolean; overwrite?: boolean },
  ): Promise<{ uri: string; bytes: number }>;
  /** The output table as CSV text in chunks, header first, in constant memory. */
  csv(batchId: string): AsyncIterable<string>;
  /** Batches that should be driven and that no living process owns. */
  lapsed(): Promise<string[]>;
  /**
   * Removes a batch that has ended (with `force` a paused one too): rows, journal and accounting. Its table stays.
   * @throws AppError `batch_state_invalid`, `batch_owned_elsewhere`
   */
  remove(batchId: string, options?: { force?: boolean }): Promise<void>;
  /** Prunes what is due and sweeps what removed batches left; stops between two portions when `signal` fires. */
  keepHouse(signal?: AbortSignal): Promise<void>;
  /** Agent input and output schemas, for those who show them. */
  schemasOf(agent: AgentDefinition): { input: JsonSchema | null; output: JsonSchema | null };
}
