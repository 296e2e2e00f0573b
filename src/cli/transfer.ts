import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { BatchReport } from '../runner/contract/report/report.ts';
import type { BatchRequest } from '../runner/contract/request/request.ts';
import type { Reading } from '../tables/reading.ts';
import type { RowSource } from '../tables/row-source.ts';

/** A table that a command reads itself, as often as it needs. */
export interface OwnTable {
  /** Opens it from its first row on. */
  open(): Promise<RowSource>;
  /** Deletes the copy of a stream. Idempotent. */
  remove(): Promise<void>;
}

/** How tables get from this machine to the runner, and back. */
export interface Transfer {
  /** Makes a table readable for the runner: a server gets a copy of a local file. `remove` deletes it; idempotent. */
  send(uri: string): Promise<{ uri: string; remove(): Promise<void> }>;
  /**
   * The request with which the runner writes to a place that it reaches.
   * @throws AppError `output_exists` where the table could not be brought back
   */
  reachable(request: BatchRequest): BatchRequest;
  /** Brings the table of an ended batch to where its request asked for; the report names that place. */
  bring(report: BatchReport, request: BatchRequest): Promise<BatchReport>;
  /** A table of this machine, or a stream with one, for a command that reads it itself. */
  own(from: string | Readable, reading: Reading, signal: AbortSignal): Promise<OwnTable>;
  /** The table of a batch that has written one. */
  read(report: BatchReport): AsyncIterable<Buffer | Uint8Array>;
}

/** Runner and person share a file system: tables stay where they are. */
export const localTransfer: Omit<Transfer, 'own'> = {
  send: async (uri) => ({ uri, remove: async () => undefined }),
  reachable: (request) => request,
  bring: async (report) => report,
  read: ({ output_uri: uri }): Readable => createReadStream(uri ?? ''),
};
