import type { ErrorCode } from '../base/errors.ts';
import type { JsonObject, Usage } from '../protocol/messages.ts';
import type { Cell, StoredType } from './cell.ts';
import type { Refusal } from './row-source.ts';

/** How the text of a table is written. */
export interface WrittenStyle {
  /** Neutralise text that a spreadsheet would read as a formula. */
  spreadsheetSafe?: boolean;
  /** Start with a byte order mark. CSV and TSV only. */
  bom?: boolean;
  /** The character between two fields; default a comma. CSV only. */
  delimiter?: string;
}

/** Options of a writer. */
export interface WriterOptions extends WrittenStyle {
  /** The columns' types, for formats that have types; a column without one holds text. */
  types?: readonly StoredType[];
  /** Whether the commit may replace a table that exists; `own`: unless it is the table of another batch. Default false. */
  overwrite?: boolean | 'own';
  /** The batch whose table is written. */
  batchId?: string;
}

/** The cause of `output_failed` where a cell does not fit the type of its column. */
export class UnfitCell extends Error {
  /** The index of the column. */
  readonly column: number;

  constructor(column: number, reason: string, cause: unknown) {
    super(reason, { cause });
    this.name = 'UnfitCell';
    this.column = column;
  }
}

/**
 * Writes a whole table, in order.
 * Contract: nothing is visible at the destination before `commit`; after `abort` (idempotent, also after a failed
 * commit) nothing is left behind.
 */
export interface TableWriter {
  kind: 'table';
  uri: string;
  /** @throws AppError `output_failed`, with an {@link UnfitCell} as its cause where a column's type is too narrow */
  write(rows: Cell[][]): Promise<void>;
  /** @throws AppError `output_exists` */
  commit(): Promise<{ uri: string; bytes: number }>;
  abort(): Promise<void>;
}

/** One ended row, for a destination that keeps one record for each row. */
export interface OutputRecord {
  /** The key of the row in its source, or a key that is unique over all batches. */
  key: string;
  batchId: string;
  /** From 0. */
  row: number;
  line: number;
  /** The columns of the source. */
  columns: readonly string[];
  /** The row as it was read: its cells, in the order of the columns. */
  origin: { readonly cells: readonly Cell[] };
  /** The agent's answer with the mapped columns; null when the row failed. */
  output: JsonObject | null;
  error: { code: ErrorCode; message: string } | null;
  /** Tokens over all attempts of the row. */
  usage: Usage;
  /** In micro-dollars, over the same calls; null when a price is unknown. */
  costMicroUsd: number | null;
  /** Milliseconds since the epoch. */
  endedAt: number;
}

/**
 * Writes rows one by one as they end, in any order.
 * Contract: once `write` has resolved, its records are durable, except those that it resolves to. Writing a record again
 * replaces the one of the same key; that happens after a crash, and when a row is run again. A place may acknowledge
 * the rows of a live source of its own in the step that writes them. It waits itself for a server that is away: what
 * `write` throws pauses the batch.
 */
export interface RecordsWriter {
  kind: 'records';
  uri: string;
  write(records: readonly OutputRecord[]): Promise<readonly Refusal[]>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Where a batch's results go. Opened by `Tables.openWriter`. */
export type RowWriter = TableWriter | RecordsWriter;
