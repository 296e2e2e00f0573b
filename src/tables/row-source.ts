import type { Cell, StoredType } from './cell.ts';

/**
 * One row of a source, in order. `line` is the 1-based line of the file on which the row starts; in Parquet and in a place
 * of records, the row. `part` is the file's place among the source's parts, where it has several. `key` names the row for
 * good, where the place has such names: reading the source again gives the same row the same key.
 */
export type SourceRow =
  | { kind: 'record'; line: number; part?: number; key?: string; cells: Cell[] }
  | {
      kind: 'malformed';
      line: number;
      part?: number;
      key?: string;
      /** What is wrong, in words: "5 fields, 4 expected". */
      reason: string;
      /** The raw text, up to 64 KiB. */
      text: string;
      /** As many cells as could be read, at most one for each column. */
      cells: Cell[];
    };

/** How a text file is written. */
export interface TextFacts {
  encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin1';
  bom: boolean;
  /** CSV and TSV only. */
  delimiter?: string;
  quote?: string;
  lineEnd?: '\n' | '\r\n' | '\r';
}

/** How rows are stored, in the words of their format. */
export interface FormatDescription {
  /** A word for it: "csv", "parquet". */
  name: string;
  /** The beginning of a sentence: "Gzipped CSV, utf-8". */
  title: string;
  gzip: boolean;
  /** A line of column names stands above the rows. */
  hasHeader: boolean;
  /** Formats of text only. */
  text?: TextFacts;
}

/** How the rows of a source are read. */
export interface RowsOptions {
  /**
   * Only the first so many records need cells: later rows are to be counted, so their `cells` and `text` may be empty.
   * Faults and warnings are reported all the same.
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

/** What all sources have in common. Columns are known at once; rows are read once, in pages, with constant memory. */
interface OpenedSource {
  /** Without credentials. */
  uri: string;
  format: FormatDescription;
  /** Size in bytes of what is stored (compressed if it is), where the location knows it. */
  sizeBytes: number | undefined;
  /** How many rows there are; null where that is not known before they are read. */
  total: number | null;
  /** How the columns are stored, where the format has types. */
  types?(): StoredType[];
  /** The files, in order, when it is a folder or a pattern of them. */
  parts?(): SourcePart[];
  /** Unique names in order. For JSONL it grows while rows are read (first-seen order). */
  columns(): string[];
  /** Grows while rows are read. */
  warnings(): TableWarning[];
  /** Contract: may be iterated once, in pages that are not empty; leaving the loop early releases what reading holds. */
  rows(signal?: AbortSignal, options?: RowsOptions): AsyncIterable<SourceRow[]>;
  /** How many bytes of the text the rows so far have taken, where the format knows it. */
  bytesRead?(): number;
  /** Idempotent. */
  close(): Promise<void>;
}

/** A source that is loaded whole before its rows run: a file, a folder, an object. */
export interface SnapshotSource extends OpenedSource {
  loads: 'before-running';
}

/** A row that a live source has given, and how it ended. */
export interface EndedRow {
  key: string;
  status: 'succeeded' | 'failed';
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
 */
export interface LiveSource extends OpenedSource {
  loads: 'while-running';
  /** These rows have ended, durably, and what they gave is written. */
  ack?(rows: readonly EndedRow[]): Promise<void>;
  /**
   * These rows are not run by this batch any more: others may take them.
   * @param rows their keys, or `rest` for all that the batch took and that were not acknowledged
   */
  nack?(rows: readonly string[] | 'rest', reason: string): Promise<void>;
}

/** Where rows come from. Opened by `Tables.openSource`. */
export type RowSource = SnapshotSource | LiveSource;
