import { PassThrough } from 'node:stream';
import { AppError, toAppError } from '../../base/errors.ts';
import type { Location, PendingBytes } from '../locations/location.ts';
import type { WriterOptions } from '../row-writer.ts';
import type { StreamedTable } from '../table.ts';
import { openTableWriter } from './open-table-writer.ts';

const BUFFER_BYTES = 256 * 1024;

/** Opens a table whose format is decided by a file's name, and which goes to a consumer. Memory is constant. */
export async function openStreamedTable(
  fileName: string,
  columns: readonly string[],
  options: WriterOptions,
): Promise<StreamedTable> {
  const stream = new PassThrough({ highWaterMark: BUFFER_BYTES });
  // Writers report the fault of a destroyed stream by their own calls.
  stream.on('error', () => undefined);
  const writer = await openTableWriter(streamLocation(fileName, stream), columns, options);
  return {
    writer,
    async *read(write) {
      const stop = new AbortController();
      const work = write(stop.signal).catch((fault: unknown) => {
        const error = toAppError(fault);
        stream.destroy(error);
        return error;
      });
      try {
        for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
      } finally {
        const gone = new AppError('aborted', 'The consumer of the export is gone.');
        stop.abort(gone);
        if (!stream.readableEnded) stream.destroy(gone);
        await work;
      }
    },
  };
}

function streamLocation(fileName: string, stream: PassThrough): Location {
  const unreadable = () => Promise.reject(new AppError('internal', 'A streamed table can only be written.'));
  const pending: PendingBytes = {
    stream,
    commit: async () => undefined,
    // `read` ends the stream with the fault of what was written.
    abort: async () => undefined,
  };
  return {
    uri: fileName,
    fileName,
    identity: async () => fileName,
    exists: async () => false,
    openRead: unreadable,
    openRanges: unreadable,
    checkWrite: async () => undefined,
    openWrite: async () => pending,
  };
}
