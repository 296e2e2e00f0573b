import type { RowSource } from '../row-source.ts';
import type { RowWriter, WriterOptions, WrittenStyle } from '../row-writer.ts';
import type { OpenOptions, ReadBytesOptions, ReadPlace } from '../table.ts';

/** The header of a table that will be written, and the options for writing it. */
export interface WrittenHead extends WriterOptions {
  columns: readonly string[];
}

/** What a writer is checked against. */
export interface WriterCheck {
  /** Identities of places that must not be written. */
  taken: ReadonlySet<string>;
  overwrite: boolean | 'own';
  batchId?: string;
  style: WrittenStyle;
  /** The number of rows, where it is known. */
  rows?: number;
}

/** The requested URI, and the folders that may be used. */
export interface Asked {
  uri: string;
  /** Folders in which files are allowed. */
  roots: readonly string[];
}

/**
 * A kind of places that URIs name by their scheme: files, S3, a database. Registered where the app is composed. Faults
 * are AppErrors that name the place. Every URI that is passed in has a scheme of this kind and no credentials.
 */
export interface LocationKind {
  /** In lower case, without `://`. A plain path has the scheme `file`. */
  readonly schemes: readonly string[];
  /** Examples of its URIs, for messages. */
  readonly example: string;
  /** Where credentials belong: advice for a user who put them into a URI. */
  readonly credentials: string;
  readonly writes: RowWriter['kind'];
  /**
   * The URI in a form that is valid from any working directory.
   * @throws AppError `uri_invalid`
   */
  absolute(uri: string): string;
  openSource(asked: Asked, options: OpenOptions): Promise<RowSource>;
  /** The places that a source reads, in order. */
  readPlaces(asked: Asked): Promise<ReadPlace[]>;
  openWriter(asked: Asked, head: WrittenHead): Promise<RowWriter>;
  /**
   * Checks, without writing, that a writer may be opened at the place, and that the place is none of `taken`.
   * @throws AppError `output_is_source`, `output_exists`, and what opening the writer would throw
   */
  checkWriter(asked: Asked, options: WriterCheck): Promise<void>;
  /** See {@link Tables.readBytes}. */
  readBytes(asked: Asked, options: ReadBytesOptions): Promise<Buffer>;
  /** Idempotent. */
  close(): Promise<void>;
}
