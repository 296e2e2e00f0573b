import type { Json, JsonObject } from '../protocol/messages.ts';

/**
 * One cell: a string in CSV and TSV; any JSON value in JSONL. In Parquet numbers, booleans, strings and nested values;
 * dates and timestamps in ISO 8601, decimals and integers beyond 2^53 as their digits. `undefined` never occurs; a missing
 * cell is `null`, in CSV and TSV empty.
 */
export type Cell = Json;

/**
 * One row of a source, in order. `line` is the 1-based line of the file on which the row starts; in Parquet, the row. `part` is the
 * file's place among the source's parts, where it has several.
 */
export type SourceRow =
  | { kind: 'record'; line: number; part?: number; cells: Cell[] }
  | {
      kind: 'malformed';
      line: number;
      part?: number;
      /** What is wrong, in words: "5 fields, 4 expected". */
      reason: string;
      /** The raw text, up to 64 KiB. */
      text: string;
      /** As many cells as could be read, at most one for each column. */
      cells: Cell[];
    };

export type FormatName = 'csv' | 'tsv' | 'jsonl' | 'parquet';

/**
 * How a format with types stores a column: one of JSON's own, or a Parquet schema element without its name, as a source of
 * that format had it. `json` holds any cell as JSON text.
 */
export type StoredType = 'string' | 'integer' | 'number' | 'boolean' | 'json' | { parquet: JsonObject };

/** How a sink is to write. */
export interface SinkOptions {
  /** Neutralise what a spreadsheet would take for a formula. */
  spreadsheetSafe?: boolean;
  /** The columns' types, for formats that have types; a column without one holds text. */
  types?: readonly StoredType[];
}

/** What was found out about how a file is written. */
export interface FormatFacts {
  format: FormatName;
  gzip: boolean;
  encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1';
  bom: boolean;
  /** CSV and TSV only. */
  delimiter?: string;
  quote?: string;
  lineEnd?: '\n' | '\r\n' | '\r';
}

/** How the rows of a source are read. */
export interface RowsOptions {
  /**
   * Only the first so many records need cells: later rows are to be counted, so their `cells` and `text` may be empty.
   * Faults and warnings are told all the same.
   */
  cellsOf?: number;
}

/** Something worth telling that does not stop the work. */
export interface TableWarning {
  code:
    | 'header_renamed'
    | 'short_records_padded'
    | 'malformed_records'
    | 'invalid_bytes'
    | 'column_added'
    | 'mixed_types'
    | 'no_rows'
    | 'header_like_data';
  message: string;
  /** How many times it was seen, when it is counted. */
  count?: number;
  /** Line of the first occurrence. */
  line?: number;
}

/** One file of a source of several. `name` is its path below the folder that holds them all, with `/` between its parts. */
export interface SourcePart {
  name: string;
  uri: string;
}

/**
 * An opened source. The header has been read; rows are read once, in chunks, with constant memory.
 * Contract: `rows` may be iterated once; leaving the loop early closes the file.
 */
export interface Source {
  uri: string;
  facts: FormatFacts;
  /** Size in bytes of what is stored (compressed if it is), where the location knows it. */
  sizeBytes: number | undefined;
  /** How many rows there are, where the format tells it before they are read. */
  rowCount?: number;
  /** How the columns are stored, where the format has types. */
  types?(): StoredType[];
  /** The files, in order, when it is a folder or a pattern of them. */
  parts?(): SourcePart[];
  /** Unique names in order. For JSONL it grows while rows are read (first-seen order). */
  columns(): string[];
  /** Grows while rows are read. */
  warnings(): TableWarning[];
  rows(signal?: AbortSignal, options?: RowsOptions): AsyncIterable<SourceRow[]>;
  /** How many bytes of the text the rows so far have taken, where the format knows it. */
  bytesRead?(): number;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Where an output table goes. Nothing is visible at the destination before `commit`.
 * Contract: after `abort` (idempotent, also after a failed commit) nothing is left behind.
 */
export interface Sink {
  uri: string;
  write(rows: Cell[][]): Promise<void>;
  commit(): Promise<{ uri: string; bytes: number }>;
  abort(): Promise<void>;
}

export type ColumnType =
  | 'integer'
  | 'number'
  | 'boolean'
  | 'date'
  | 'timestamp'
  | 'url'
  | 'email'
  | 'json'
  | 'text'
  | 'empty';

export interface ColumnProfile {
  name: string;
  type: ColumnType;
  /** Empty cells. */
  nulls: number;
  /** Distinct non-null values: exact up to 1,024, then a HyperLogLog estimate. */
  distinctEstimate: number;
  /** For numbers and dates: the least and greatest value as written. */
  min?: string;
  max?: string;
  /** For texts: length in characters. */
  minLength?: number;
  maxLength?: number;
  /** Most frequent values, most frequent first. */
  topValues: { value: string; count: number }[];
  /** Three values, spread over the file. */
  samples: string[];
}

export interface TableProfile {
  uri: string;
  facts: FormatFacts;
  sizeBytes: number | undefined;
  /** Malformed ones included. */
  rowCount: number;
  malformedCount: number;
  columns: ColumnProfile[];
  sampleRows: Cell[][];
  warnings: TableWarning[];
}

/** Sources and sinks of every format at every location. */
export interface Tables {
  /** Folders that file sources and sinks may touch. */
  readonly roots: readonly string[];
  /** The same sources and sinks within other folders. */
  within(roots: readonly string[]): Tables;
  /**
   * The location as it holds from any working directory.
   * @throws AppError `uri_invalid`
   */
  absolute(uri: string): string;
  /** Faults: uri_invalid, file_not_found, file_empty, file_not_allowed, bucket_not_found, location_*, not_a_table, format_unsupported. */
  openSource(uri: string, signal?: AbortSignal): Promise<Source>;
  /** The format follows the name's extension. `columns` is the header. */
  openSink(uri: string, columns: string[], options?: SinkOptions): Promise<Sink>;
  /**
   * Checks without writing that a sink may be opened there, and that it is not one of `notOneOf` after symlinks. A folder
   * (its URI ends in `/`) may hold none of their files.
   * @param options.overwrite whether something may be there already; default false
   * @throws AppError `output_is_source`, `output_exists`, and what opening the sink would throw
   */
  checkSink(uri: string, notOneOf: string[], options?: { overwrite?: boolean }): Promise<void>;
  profile(uri: string, options?: { sampleRows?: number; signal?: AbortSignal }): Promise<TableProfile>;
  close(): Promise<void>;
}
