import type { ErrorCode } from '../base/errors.ts';
import type { Json, JsonObject } from '../protocol/messages.ts';
import type { HashedCall } from './cache.ts';
import type { Fence } from './leases.ts';

/** A stored fault. */
export interface StoredError {
  code: ErrorCode;
  message: string;
}

/** A row waits, is being run, or has ended. */
export type RowStatus = 'queued' | 'running' | 'succeeded' | 'failed';

export interface NewRow {
  row: number;
  line: number;
  cells: Json[];
  /** Unique in the batch: a row whose key it has is not inserted again. */
  key?: string;
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
  /** The source's name for the row, where it has such names. */
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

/** Failed rows of one code, with the first of them as an example. */
export interface StoredFailures {
  code: ErrorCode;
  count: number;
  row: number;
  message: string;
}

/**
 * `begun`: only rows whose attempt was claimed before. `owner`: who is to run them; without it the process that holds the
 * lease.
 */
export interface ClaimOptions {
  limit: number;
  at: number;
  begun?: boolean;
  owner?: string;
}

/** Whose running rows are meant: an owner's; with null those of the process that holds the lease; without it everybody's. */
export interface OwnerOptions {
  owner?: string | null;
}

/** Where a row stands in the order of claims: lower places first, then lower row numbers; null: after all that have one. */
export interface RowPlace {
  row: number;
  place: number | null;
}

/** A row as it was delivered. */
export type DeliveredRow = Pick<RowRecord, 'row' | 'attempt'>;

/** The rows of batches. The contract of `storage/store.ts` holds for every call. */
export interface RowStore {
  /**
   * Rows whose key the batch has are left out, and the rows behind them take their numbers; resolves to how many rows are
   * new.
   */
  insertRows(fence: Fence, rows: NewRow[]): Promise<number>;
  /** Forgets rows of an interrupted load; only while nothing has run. */
  clearRows(fence: Fence): Promise<void>;
  /**
   * The next queued rows below the batch's row limit, made `running`; a first claim begins attempt 1. Rows with a place come
   * first, the others in the order of the source; held rows are left.
   */
  claimRows(fence: Fence, options: ClaimOptions): Promise<RowRecord[]>;
  finishRow(fence: Fence, row: number, result: RowResult): Promise<void>;
  /** Back to the queue with attempt and journal kept; rejects with `internal` unless that owner runs it. */
  returnRow(fence: Fence, row: number, options?: OwnerOptions): Promise<void>;
  /** Running rows back to the queue, but for those that wait in a provider job; resolves to their number. */
  returnRunningRows(fence: Fence, options?: OwnerOptions): Promise<number>;
  /** Stores places of rows in the order of claims, in one transaction: give them in portions. Rows of any status keep theirs. */
  orderRows(fence: Fence, rows: readonly RowPlace[]): Promise<void>;
  /** Holds rows back from claims, or lets them go, in one transaction. A running row is held once it is queued again. */
  holdRows(fence: Fence, rows: readonly number[], held: boolean): Promise<void>;
  /**
   * Failed rows (not malformed ones) queued again with a new attempt; resolves to their number. The attempts before stay
   * readable. `restart`: queued rows whose attempt had begun get a new one too, uncounted.
   */
  redriveRows(fence: Fence, options: { codes?: ErrorCode[]; restart?: boolean }): Promise<number>;
  readAttempts(batchId: string, row: number): Promise<PastAttempt[]>;
  /** Ended rows that are not delivered yet, in order; only a batch that `delivers` has any. */
  readOutbox(batchId: string, limit: number): Promise<RowRecord[]>;
  /** These rows are delivered, unless another attempt has begun since. */
  clearOutbox(fence: Fence, rows: readonly DeliveredRow[]): Promise<void>;
  /** In order, from `fromRow` on. */
  readRows(batchId: string, options: { status?: RowStatus; fromRow: number; limit: number }): Promise<RowRecord[]>;
  /** Failures grouped by code, most frequent first, one example each. */
  readFailures(batchId: string): Promise<StoredFailures[]>;
}
