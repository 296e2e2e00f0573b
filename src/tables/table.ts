import type { Cell } from './cell.ts';
import type { Reading } from './reading.ts';
import type { FormatDescription, RowSource, TableWarning } from './row-source.ts';
import type { RowWriter, TableWriter, WriterOptions, WrittenStyle } from './row-writer.ts';

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
  /** For numbers and dates: the smallest and largest value, as written. */
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
  format: FormatDescription;
  sizeBytes: number | undefined;
  /** Malformed rows included. */
  rowCount: number;
  malformedCount: number;
  columns: ColumnProfile[];
  sampleRows: Cell[][];
  warnings: TableWarning[];
  /** Options that would read the table better, beside those that were given. */
  suggested: Reading;
}

/** Options for opening a source. */
export interface OpenOptions {
  signal?: AbortSignal;
  /**
   * The batch that claims the rows of a live source. Without it, rows are only inspected, and other batches may claim
   * them.
   */
  batchId?: string;
  reading?: Reading;
}

/** What is known of a table before it is written. */
export interface CheckedWriter {
  /** Whether the destination may already exist; `own`: unless it is the table of another batch. Default false. */
  overwrite?: boolean | 'own';
  batchId?: string;
  style?: WrittenStyle;
  /** The number of rows, where it is known. */
  rows?: number;
}

/** Options of `Tables.freeResult`. */
export interface FreeResult extends Pick<CheckedWriter, 'style' | 'rows'> {
  label: string;
  folder?: string | undefined;
  /** Places that are not free, although nothing is there. */
  except?: ReadonlySet<string>;
}

/** Where and how much {@link Tables.readBytes} may read. */
export interface ReadBytesOptions {
  /** The folder, with a slash at its end, below which the place has to be: after links and redirects too. */
  below: string;
  maxBytes: number;
  signal?: AbortSignal;
}

/** A place that a source reads. `identity` is the same for two URIs of one place; `name` is the name of its file. */
export interface ReadPlace {
  identity: string;
  name: string;
  /** The URI of the file alone; absent where the place is no file. */
  uri?: string;
}

/** How a table is profiled. */
export interface ProfileOptions {
  sampleRows?: number;
  signal?: AbortSignal;
  reading?: Reading;
  /** Called after each page of rows. `share`: the share of the file that is read, where it is known. */
  onRows?: (progress: { rows: number; share: number | undefined }) => void;
}

/** A table that is written to the consumer of its bytes. */
export interface StreamedTable {
  writer: TableWriter;
  /**
   * The bytes that `write` makes the writer write, as they are made. When the consumer stops, the signal fires, the
   * writer fails, and `write` is waited for. A fault of `write` ends the bytes with it.
   */
  read(write: (signal: AbortSignal) => Promise<void>): AsyncGenerator<Uint8Array>;
}

/** Sources and writers of every format at every location. */
export interface Tables {
  /** Folders that file sources and writers may touch. */
  readonly roots: readonly string[];
  /** The same sources and writers, limited to other folders. */
  within(roots: readonly string[]): Tables;
  /**
   * The location in a form that is valid from any working directory.
   * @throws AppError `uri_invalid`, also for a URI with credentials in it
   */
  absolute(uri: string): string;
  /** The kind of writer for a URI. Throws as {@link absolute}. */
  writerKind(uri: string): RowWriter['kind'];
  /**
   * Faults: uri_invalid, file_not_found, file_empty, file_not_allowed, bucket_not_found, location_*, not_a_table,
   * format_unsupported.
   */
  openSource(uri: string, options?: OpenOptions): Promise<RowSource>;
  /** The extension of a file's name decides its format. `columns` is the header. */
  openWriter(uri: string, columns: readonly string[], options?: WriterOptions): Promise<RowWriter>;
  /** A table in the format of a file's name that is written to no location, but to the consumer of its bytes. */
  openStream(fileName: string, columns: readonly string[], options?: WriterOptions): Promise<StreamedTable>;
  /**
   * Checks, without writing, that a writer may be opened at the URI, and that the URI is none of `notOneOf` after
   * symlinks. For a folder (its URI ends in `/`), the outputs in it must not be files of `notOneOf`.
   * @throws AppError `output_is_source`, `output_exists`, `format_unsupported` for too many rows, and what opening the
   *   writer would throw
   */
  checkWriter(uri: string, notOneOf: string[], options?: CheckedWriter): Promise<void>;
  /**
   * A free place for the result table of a source of one file: `NAME.LABEL.EXT`, or with a number, in `folder` (ends in
   * `/`), or beside the source. Undefined for several files, and without `folder` where none can be written there.
   */
  freeResult(source: string, options: FreeResult): Promise<string | undefined>;
  /** The places that a source reads, in order: the files of a folder or a pattern. @throws AppError `file_not_found` */
  places(uri: string): Promise<ReadPlace[]>;
  /**
   * All bytes of one file or object that is no table. A local folder `below` must itself be in one of {@link roots}.
   * Faults: as {@link openSource}, and `payload_too_large`, before more than `maxBytes` are read.
   */
  readBytes(uri: string, options: ReadBytesOptions): Promise<Buffer>;
  profile(uri: string, options?: ProfileOptions): Promise<TableProfile>;
  close(): Promise<void>;
}
