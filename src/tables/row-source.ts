import type { ErrorCode } from '../base/errors.ts';
import type { Cell, StoredType } from './cell.ts';
import type { Reading } from './reading.ts';

/**
 * One row of a source, in order. `line` is the 1-based line of the file on which the row starts; in Parquet and in a
 * source of records, it is the row's number. `part` is the index of the row's file among the source's parts, if it has
 * several. `key` identifies the row permanently, if the source has keys: reading the source again gives the same row
 * the same key.
 */
export type SourceRow =
  | { kind: 'record'; line: number; part?: number; key?: string; cells: Cell[] }
  | {
      kind: 'malformed';
      line: number;
      part?: number;
      key?: string;
      /** The fault in words: "5 fields, 4 expected". */
      reason: string;
      /** The raw text, up to 64 KiB. */
      text: string;
      /** As many cells as could be read, at most one for each column. */
      cells: Cell[];
    };

/** How a text file is written. */
export interface TextFacts {
  /** The name that the WHATWG Encoding Standard gives it. */
  encoding: string;
  bom: boolean;
  /** From 0 to 1, where the encoding was guessed from the content. */
  confidence?: number;
  /** CSV and TSV only. */
  delimiter?: string;
  quote?: string;
  lineEnd?: '\n' | '\r\n' | '\r' | 'mixed';
}

/** How a whole file is compressed. */
export type Compression = 'none' | 'gzip' | 'zstd';

/** How rows are stored, described by their format. */
export interface FormatDescription {
  /** The format's short name: "csv", "parquet". */
  name: string;
  /** Text that can start a sentence: "Gzipped CSV, utf-8". */
  title: string;
  compression: Compression;
  /** A line of column names comes before the rows. */
  hasHeader: boolean;
  /** Only for text formats. */
  text?: TextFacts;
}

/** How the rows of a source are read. */
export interface RowsOptions {
  /**
   * Only this number of records, from the first, need cells, and some throughout the table. Other rows are only
   * counted, so their `cells` and `text` may be empty. Their faults and warnings are still reported.
   */
  cellsOf?: number;
}

/** A finding about a table that is reported and does not stop the work. */
export interface TableWarning {
  code:
    | 'header_renamed'
    | 'short_records_padded'
    | 'malformed_records'
    | 'invalid_bytes'
    | 'encoding_guessed'
    | 'files_differ'
    | 'trailing_delimiters'
    | 'stray_returns'
    | 'mixed_line_ends'
    | 'title_lines'
    | 'one_column'
    | 'comment_lines'
    | 'escaped_quotes'
    | 'decimal_commas'
    | 'column_added'
    | 'lone_surrogates'
    | 'mixed_types'
    | 'no_rows'
    | 'results_left_out'
    | 'header_like_data'
    | 'other_sheets'
    | 'blank_rows'
    | 'hidden_rows'
    | 'quoted_lines'
    | 'repeated_keys'
    | 'attempts_used_up'
    | 'double_encoded'
    | 'formula_texts'
    | 'hidden_characters'
    | 'merged_cells'
    | 'error_cells'
    | 'formulas_without_value';
  message: string;
  /** Number of occurrences, if they are counted. */
  count?: number;
  /** Line of the first occurrence. */
  line?: number;
}

/** A sheet of a workbook that could be read. */
export interface SheetChoice {
  name: string;
  isRead: boolean;
}

/** One file of a source of several files. `name` is its path below their common folder, with `/` between its parts. */
export interface SourcePart {
  name: string;
  uri: string;
}

/**
 * The common part of all sources. Columns are known immediately; rows are read once, in pages, with constant memory.
 */
interface OpenedSource {
  /** Without credentials. */
  uri: string;
  format: FormatDescription;
  /** Stored size in bytes (the compressed size of a compressed file), where the location knows it. */
  sizeBytes: number | undefined;
  /** Number of rows; null when it is not known before they are read. */
  total: number | null;
  /** How the columns are stored, where the format has types. */
  types?(): StoredType[];
  /** The files, in order, when the source is a folder or a pattern. */
  parts?(): SourcePart[];
  /** Unique names in order. For JSONL it grows while rows are read (first-seen order). */
  columns(): string[];
  /** How the source is read, with what was detected: opened again with it, it is read in the same way. */
  readAs?(): Reading;
  /** The sheets of a workbook in order, with the one that is read. */
  sheets?(): SheetChoice[];
  /** Options that would read the source better, as its head shows; its warnings say why. */
  suggested?(): Reading;
  /** Grows while rows are read. */
  warnings(): TableWarning[];
  /**
   * Contract: may be iterated once, in pages that are not empty; leaving the loop early releases what reading holds.
   */
  rows(signal?: AbortSignal, options?: RowsOptions): AsyncIterable<SourceRow[]>;
  /** Number of bytes of text that the rows read so far took, where the format knows it. */
  bytesRead?(): number;
  /** Idempotent. */
  close(): Promise<void>;
}

/** A source that is loaded completely before its rows run: a file, a folder, an object. */
export interface SnapshotSource extends OpenedSource {
  loads: 'before-running';
}

/** A row of a live source, as it was read. */
export interface HeldRow {
  key: string;
  cells: readonly Cell[];
}

/** A row of a live source, and how it ended. */
export interface EndedRow extends HeldRow {
  status: 'succeeded' | 'failed';
}

/** Why a row can't be run, written or acknowledged: the error that it fails with. */
export interface Refusal {
  key: string;
  error: { code: ErrorCode; message: string };
}

/**
 * A source whose rows are loaded while rows run: a collection, a queue.
 *
 * Contract:
 * - Columns are fixed when it is opened, and every row has a key.
 * - A page is fetched only when it is asked for. A row that was given belongs to the batch from then on.
 * - After a crash the source is opened again for the same batch. It gives rows that were neither acknowledged nor given
 *   back once more, by the same keys, in any order; who loads them drops the keys it has.
 * - `ack` and `nack` may be repeated, also after `close` of an earlier opening.
 * - `close` leaves rows that were given as they are.
 * - It waits itself for a server that is away: what it throws pauses the batch.
 */
export interface LiveSource extends OpenedSource {
  loads: 'while-running';
  /**
   * Checks, without a change, that rows may be claimed and acknowledged.
   * @throws AppError `location_denied`
   */
  checkClaims?(): Promise<void>;
  /**
   * Makes sure that the batch still has rows before they run and before their results are written: a claim that has run
   * out is taken again. Resolves to the rows that it no longer has, and to those that were changed since they were read.
   */
  hold?(rows: readonly HeldRow[]): Promise<readonly Refusal[]>;
  /**
   * Acknowledges rows that have durably ended and whose results are written. Resolves to the rows that were not
   * acknowledged, because they are no longer the batch's or were changed.
   */
  ack?(rows: readonly EndedRow[]): Promise<readonly Refusal[]>;
  /**
   * Gives back rows that this batch no longer runs: other batches may claim them.
   * @param rows their keys, or `rest` for all rows that the batch claimed and did not acknowledge
   */
  nack?(rows: readonly string[] | 'rest', reason: string): Promise<void>;
}

/** Where rows come from. Opened by `Tables.openSource`. */
export type RowSource = SnapshotSource | LiveSource;
