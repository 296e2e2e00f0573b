import type { Readable, Writable } from 'node:stream';
import type { AppError } from '../../base/errors.ts';

/** Bytes that are about to be read. Destroying the stream releases everything behind it. */
export interface StoredBytes {
  stream: Readable;
  /** Size of what is stored, where the location tells it. */
  sizeBytes: number | undefined;
}

/** Bytes that are read by place. The ends of a range are in bytes, the second one exclusive. */
export interface StoredRanges {
  sizeBytes: number;
  read(start: number, end?: number): Promise<ArrayBuffer>;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Bytes that are about to be written.
 * Contract: nothing is visible at the destination before `commit`; after `abort` (idempotent) nothing is left behind.
 */
export interface PendingBytes {
  stream: Writable;
  /** Makes the destination appear, complete. Called after `stream` has been ended and has finished. */
  commit(): Promise<void>;
  abort(): Promise<void>;
  /** A fault of the stream in terms of the place; absent where the stream's own faults are AppErrors. */
  faultOf?(cause: unknown): AppError;
}

/** One place that a URI names. Faults are AppErrors that name the place. */
export interface Location {
  /** The URI in a form that holds from any working directory. */
  uri: string;
  /** The last part of the name, from which the format is told. */
  fileName: string;
  /** A string that is the same for two URIs of one place, after symlinks. */
  identity(): Promise<string>;
  /** Whether something is there already. A place that may not be looked at counts as empty. */
  exists(): Promise<boolean>;
  openRead(signal?: AbortSignal): Promise<StoredBytes>;
  openRanges(signal?: AbortSignal): Promise<StoredRanges>;
  /** Checks, without writing, that `openWrite` may be called. */
  checkWrite(): Promise<void>;
  openWrite(): Promise<PendingBytes>;
}
