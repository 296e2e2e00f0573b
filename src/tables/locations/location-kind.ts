import type { RowSource } from '../row-source.ts';
import type { RowWriter, WriterOptions } from '../row-writer.ts';
import type { OpenOptions } from '../table.ts';

/** A place that a source reads: `identity` is the same for two URIs of one place, `name` is its file's. */
export interface ReadPlace {
  identity: string;
  name: string;
}

/** The header of a table that is about to be written, and how. */
export interface WrittenHead extends WriterOptions {
  columns: readonly string[];
}

/** What a place is asked for, and what it may touch. */
export interface Asked {
  uri: string;
  /** Folders that files may lie in. */
  roots: readonly string[];
}

/**
 * A kind of places that URIs name by their scheme: files, S3, a database. Registered where the app is put together.
 * Faults are AppErrors that name the place. A URI that comes here has a scheme of this kind and no credentials.
 */
export interface LocationKind {
  /** In lower case, without `://`. A plain path has the scheme `file`. */
  readonly schemes: readonly string[];
  /** How its URIs are written, for messages. */
  readonly example: string;
  /** Where credentials belong, for a person who put them into a URI. */
  readonly credentials: string;
  readonly writes: RowWriter['kind'];
  /**
   * The URI as it holds from any working directory.
   * @throws AppError `uri_invalid`
   */
  absolute(uri: string): string;
  openSource(asked: Asked, options: OpenOptions): Promise<RowSource>;
  /** The places that a source reads, in order. */
  readPlaces(asked: Asked): Promise<ReadPlace[]>;
  openWriter(asked: Asked, head: WrittenHead): Promise<RowWriter>;
  /**
   * Checks without writing that a writer may be opened there, and that it is none of the places in `taken`.
   * @throws AppError `output_is_source`, `output_exists`, and what opening the writer would throw
   */
  checkWriter(asked: Asked, options: { taken: ReadonlySet<string>; overwrite: boolean }): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}
