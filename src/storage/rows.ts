import type { ErrorCode } from '../base/errors.ts';
import type { Json, JsonObject } from '../protocol/messages.ts';
import type { HashedCall } from './cache.ts';
import type { Fence } from './leases.ts';

/** One attempt at a row; a row that never ran counts as its first attempt. */
export interface RowAttempt {
  row: number;
  attempt: number;
}

/** A stored fault. */
export interface StoredError {
  code: ErrorCode;
  message: string;
}

/** A row is waiting, running, or ended. */
export type RowStatus = 'queued' | 'running' | 'succeeded' | 'failed';

export interface NewRow {
  row: number;
  line: number;
  cells: Json[];
  /** Unique in the batch: a row whose key is already in the batch is not inserted again. */
  key?: string;
  /** Present for a malformed line: it is stored as a failed row with code `row_malformed`. */
  malformed?: { reason: string; text: string };
  /** Present for a row that is not run, because an earlier batch has answered its input: it is stored as succeeded. */
  kept?: { input: JsonObject; output: JsonObject; from: RowReference };
}

/** A row of some batch. */
export interface RowReference {
  batchId: string;
  row: number;
}

export interface RowRecord {
  row: number;
  line: number;
  status: RowStatus;
  /** From 1; 0 before the first attempt. */
  attempt: number;
  /** How often this attempt was claimed; above 1 the journal may hold answers to replay. */
  claims: number;
  cells: Json[];
  rawText: string | null;
  /** The source's key of the row, if the source has keys. */
  key: string | null;
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
  /** `hashed`: model calls of the attempt whose answers may be reused for identical requests from now on. */
  | ({ status: 'succeeded'; input: JsonObject; output: JsonObject; hashed?: HashedCall[] } & RowTimes)
  | ({ status: 'failed'; input: JsonObject | null; error: StoredError } & RowTimes);

interface RowTimes {
  processingMs: number;
  endedAt: number;
  /** Cost of the attempt's answered calls of known price, earlier claims included. Absent: no cost. */
  costMicroUsd?: number;
}

/** An attempt that was replaced by a later one. `error` is null when the attempt was abandoned before it ended. */
export interface PastAttempt {
  attempt: number;
  error: StoredError | null;
  startedAt: number | null;
  endedAt: number | null;
  processingMs: number | null;
}

/** Failed rows of one code, with the first row as an example. */
export interface StoredFailures {
  code: ErrorCode;
  count: number;
  row: number;
  message: string;
}

/**
 * `begun`: only rows whose attempt was claimed before. `owner`: the owner that will run them; absent: the process that
 * holds the lease.
 */
export interface ClaimOptions {
  limit: number;
  at: number;
  begun?: boolean;
  owner?: string;
}

/** Selects running rows by owner. null: the process that holds the lease. Absent: all owners. */
export interface OwnerOptions {
  owner?: string | null;
}

/**
 * A row's place in the order of claims: lower places first, then lower row numbers; null: after all rows with a place.
 */
export interface RowPlace {
  row: number;
  place: number | null;
}

/** A row as it was delivered. */
export type DeliveredRow = Pick<RowRecord, 'row' | 'attempt'>;

/** A row whose result was refused by the place that it goes to, and why. */
export interface RefusedRow extends DeliveredRow {
  error: StoredError;
}

/** Rows for a batch that collects them. */
export interface RowAppend {
  rows: readonly Json[][];
  /** `digest` is of the request: the same key with another digest is refused. */
  idempotency?: { key: string; digest: string };
}

/** `first`: the number of the first of these rows. `total`: the rows of the batch. */
export interface AppendedRows {
  first: number;
  rows: number;
  total: number;
  repeated: boolean;
}

/** Selects rows of a batch: of a status, or failed ones of a code. */
export interface RowFilter {
  status?: RowStatus;
  code?: string;
}

/** A page of rows in the order of the source. */
export interface RowPage {
  status?: RowStatus;
  fromRow: number;
  limit: number;
  /** `false` leaves the input of every row null: it is neither read nor parsed. */
  withInput?: boolean;
}

/** A range of the rows of a filter, in the order of the source. */
export interface PlacedRows {
  filter: RowFilter;
  /** The place of the first row among the rows of the filter, from 0. */
  place: number;
  limit: number;
  /** How many rows the filter selects, so that a late place is found from the end. */
  total: number;
  /** Places count from the last row. */
  descending?: boolean;
}

/** Consecutive rows with their counts by status. */
export interface RowRange extends Record<RowStatus, number> {
  first: number;
  rows: number;
}

/** A row and the time of its end. */
export type RowEnd = Pick<RowRecord, 'row' | 'endedAt'>;

/** How much of the outbox is read at once. */
export interface OutboxLimits {
  rows: number;
  /** Once the cells and outputs are longer than this, no more rows are read. Rows are read a hundred at a time. */
  characters: number;
}

/** An ended row that is not delivered. Its cells are parsed when they are asked for: few places look at them. */
export type OutboxRow = Pick<
  RowRecord,
  'row' | 'line' | 'status' | 'attempt' | 'key' | 'output' | 'error' | 'endedAt'
> & { readonly cells: Json[] };

/** The first rows of the outbox. */
export interface OutboxRows {
  rows: OutboxRow[];
  /** Whether they end before the limit of rows, because they are long. */
  isCut: boolean;
}

/** The rows of batches. The contract of `storage/store.ts` holds for every call. */
export interface RowStore {
  /**
   * Skips rows whose key the batch already has; the rows after them move up to fill their numbers. Resolves to the
   * number of new rows.
   */
  insertRows(fence: Fence, rows: NewRow[]): Promise<number>;
  /**
   * Adds rows to a batch that is `collecting`, in one transaction. With a known key nothing is added, in any status.
   * Rejects with `batch_state_invalid` in another status, and with `invalid_arguments` for a key of other rows.
   */
  appendRows(batchId: string, append: RowAppend): Promise<AppendedRows>;
  /** Deletes the rows of an interrupted load; only allowed while no row has run. */
  clearRows(fence: Fence): Promise<void>;
  /**
   * Sets the next queued rows below the batch's row limit to `running` and returns them. A first claim starts attempt 1.
   * Rows with a place come first, then the others in the order of the source. Held rows are skipped. Where the limit
   * counts places, only rows with a place below it are claimed.
   */
  claimRows(fence: Fence, options: ClaimOptions): Promise<RowRecord[]>;
  finishRow(fence: Fence, row: number, result: RowResult): Promise<void>;
  /**
   * Returns a row to the queue; its attempt and journal stay. Rejects with `internal` unless that owner runs the row.
   */
  returnRow(fence: Fence, row: number, options?: OwnerOptions): Promise<void>;
  /** Returns running rows to the queue, except rows that wait in a provider job; resolves to the number returned. */
  returnRunningRows(fence: Fence, options?: OwnerOptions): Promise<number>;
  /**
   * Stores the places of rows in the order of claims, in one transaction: callers pass them in portions. A row keeps
   * its place in every status.
   */
  orderRows(fence: Fence, rows: readonly RowPlace[]): Promise<void>;
  /**
   * Holds rows back from claims, or releases them, in one transaction. A running row is held once it is queued again.
   */
  holdRows(fence: Fence, rows: readonly number[], held: boolean): Promise<void>;
  /**
   * Queues failed rows (not malformed ones) again with a new attempt; resolves to their number. Earlier attempts stay
   * readable. `restart`: queued rows whose attempt had started also get a new attempt; they are not counted.
   */
  redriveRows(fence: Fence, options: { codes?: ErrorCode[]; restart?: boolean }): Promise<number>;
  /** Fails a queued row of this attempt, which is not run; resolves to whether the row was queued in this attempt. */
  failQueuedRow(fence: Fence, at: RowAttempt, result: Extract<RowResult, { status: 'failed' }>): Promise<boolean>;
  /** Queues a row again whose attempt failed, with a new attempt; resolves to whether this attempt had failed. */
  redriveRow(fence: Fence, at: RowAttempt): Promise<boolean>;
  /**
   * Ends the running attempt of a row as failed and begins the next one at once, in one transaction: the row stays
   * running. Rejects with `internal` unless this attempt is running.
   */
  nextAttempt(fence: Fence, at: RowAttempt, result: Extract<RowResult, { status: 'failed' }>): Promise<void>;
  readAttempts(batchId: string, row: number): Promise<PastAttempt[]>;
  /** The row of an earlier batch whose answer a row keeps. */
  readKeptFrom(batchId: string, row: number): Promise<RowReference | undefined>;
  /** Ended rows that are not delivered yet, in order; only a batch that `delivers` has any. */
  readOutbox(batchId: string, limits: OutboxLimits): Promise<OutboxRows>;
  /** Fails succeeded rows of these attempts whose results were refused; they stay in the outbox. */
  refuseRows(fence: Fence, rows: readonly RefusedRow[]): Promise<void>;
  /** Removes delivered rows from the outbox, unless another attempt has started since. */
  clearOutbox(fence: Fence, rows: readonly DeliveredRow[]): Promise<void>;
  /** In order, from `fromRow` on. */
  readRows(batchId: string, page: RowPage): Promise<RowRecord[]>;
  /** Rows from `fromRow` to before `toRow`, in order, whose input or output has a text in its JSON. */
  readRowsWith(batchId: string, range: { text: string; fromRow: number; toRow: number }): Promise<RowRecord[]>;
  /** Rows by their places, in at most 20 ms at any place of a million. */
  readRowsAt(batchId: string, range: PlacedRows): Promise<RowRecord[]>;
  /**
   * All rows in at most so many equal ranges, in the order of the source, counted by status; in at most 50 ms for a
   * million rows.
   */
  readRowRanges(batchId: string, ranges: number): Promise<RowRange[]>;
  /** The rows with these numbers, in this order; a number without a row is left out. */
  readRowsOf(batchId: string, rows: readonly number[]): Promise<RowRecord[]>;
  /** The ends of the rows of a filter, in the order of the source, from `fromRow` on. */
  readRowEnds(batchId: string, options: { filter: RowFilter; fromRow: number; limit: number }): Promise<RowEnd[]>;
  /**
   * The numbers of the rows from `fromRow` (included) to `toRow` (not included) that have a text in a cell or in their
   * answer, whatever its case. Callers pass a few thousand rows at once.
   */
  searchRows(
    batchId: string,
    options: { filter: RowFilter; text: string; fromRow: number; toRow: number },
  ): Promise<number[]>;
  /** Failures grouped by code, most frequent first, one example each. */
  readFailures(batchId: string): Promise<StoredFailures[]>;
}
