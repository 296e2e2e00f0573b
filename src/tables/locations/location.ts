import type { Readable, Writable } from 'node:stream';
import type { AppError } from '../../base/errors.ts';

/** Bytes that will be read. Destroying the stream releases all its resources. */
export interface StoredBytes {
  stream: Readable;
  /** Stored size, where the location reports it. */
  sizeBytes: number | undefined;
}

/** Bytes that are read by ranges. The ends of a range are in bytes; the second end is exclusive. */
export interface StoredRanges {
  sizeBytes: number;
  read(start: number, end?: number): Promise<ArrayBuffer>;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Bytes that will be written.
 * Contract: nothing is visible at the destination before `commit`; after `abort` (idempotent) nothing is left behind.
 */
export interface PendingBytes {
  stream: Writable;
  /**
   * Makes the complete destination visible. Called after `stream` has been ended and has finished.
   * @throws AppError `output_exists`
   */
  commit(): Promise<void>;
  abort(): Promise<void>;
  /**
   * Converts a fault of the stream to an error that names the place; absent where the stream's faults are AppErrors.
   */
  faultOf?(cause: unknown): AppError;
}

/** How bytes are written. */
export interface WriteMode {
  /** Whether the commit may replace what has the name. */
  replace: boolean;
  /** The batch whose table it is. */
  batchId?: string | undefined;
}

/** One place that a URI names. Faults are AppErrors that name the place. */
export interface Location {
  /** The URI in a form that is valid from any working directory. */
  uri: string;
  /** The last part of the name; the format is derived from it. */
  fileName: string;
  /** A string that is the same for two URIs of one place, after symlinks. */
  identity(): Promise<string>;
  /** A string that stays when the file there is renamed; null where there is no file, or the location gives none. */
  mark?(): Promise<string | null>;
  /** Whether the place already exists. A place that can't be checked (no permission) counts as empty. */
  exists(): Promise<boolean>;
  openRead(signal?: AbortSignal): Promise<StoredBytes>;
  openRanges(signal?: AbortSignal): Promise<StoredRanges>;
  /** Checks, without writing, that `openWrite` may be called. */
  checkWrite(): Promise<void>;
  openWrite(mode: WriteMode): Promise<PendingBytes>;
}

/** One of several files that a URI names. `name` is its path below their common folder or prefix. */
export interface ListedLocation {
  name: string;
  location: Location;
}
