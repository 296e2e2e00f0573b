import { once } from 'node:events';
import type { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import type { Cell } from '../cell.ts';
import type { Location, PendingBytes } from '../locations/location.ts';
import type { Compression } from '../row-source.ts';
import type { TableWriter, WriterOptions } from '../row-writer.ts';
import { writtenFormat } from './format.ts';
import { createRowText } from './row-text.ts';
import { writeErrorOf } from './write-error.ts';
import { checkStyle } from './written-style.ts';

/**
 * Opens a table for writing; the header is written immediately. Memory is constant: `write` waits for the destination.
 */
export async function openTableWriter(
  location: Location,
  columns: readonly string[],
  options: WriterOptions = {},
): Promise<TableWriter> {
  const { format, compression } = writtenFormat(location.fileName, location.uri);
  checkStyle(location.fileName, options, location.uri);
  if (format === 'parquet') {
    const { openParquetWriter } = await import('./parquet/parquet-writer.ts');
    return openParquetWriter(location, columns, options);
  }
  if (format === 'xlsx') {
    const { openXlsxWriter } = await import('./xlsx/xlsx-writer.ts');
    return openXlsxWriter(location, columns, options);
  }
  const text = createRowText(format, options);
  const pending = await location.openWrite({ replace: options.overwrite === true, batchId: options.batchId });
  const bytes = createByteWriter(pending, compression);
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (fault) {
      throw writeErrorOf(pending, fault, location.uri);
    }
  };
  await guard(() => bytes.write(text.header(columns))).catch(async (fault) => {
    await pending.abort();
    throw fault;
  });
  return {
    kind: 'table',
    uri: location.uri,
    write: (rows: Cell[][]) => guard(() => bytes.write(text.rows(rows, columns))),
    commit: () =>
      guard(async () => {
        await bytes.write(text.footer());
        const written = await bytes.end();
        await pending.commit();
        return { uri: location.uri, bytes: written };
      }),
    abort: () => pending.abort(),
  };
}

interface ByteWriter {
  write(text: string): Promise<void>;
  /** @returns bytes written to the destination */
  end(): Promise<number>;
}

function createByteWriter(pending: PendingBytes, compression: Compression): ByteWriter {
  let bytesOut = 0;
  const count = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      bytesOut += chunk.length;
      yield chunk;
    }
  };
  const encoder = encoderOf(compression);
  const entry: Writable = encoder ?? pending.stream;
  let failure: unknown;
  const finished = encoder
    ? pipeline(encoder, count, pending.stream)
    : once(pending.stream, 'finish').then(() => undefined);
  // The fault is kept: every later write and the end report it.
  const failed = finished.catch((fault) => {
    failure = fault;
  });
  return {
    async write(text) {
      if (failure !== undefined) throw failure;
      if (text === '') return;
      const chunk = Buffer.from(text, 'utf8');
      if (encoder === undefined) bytesOut += chunk.length;
      if (!entry.write(chunk)) await Promise.race([once(entry, 'drain'), failed]);
      if (failure !== undefined) throw failure;
    },
    async end() {
      entry.end();
      await finished;
      return bytesOut;
    },
  };
}

function encoderOf(compression: Compression): Transform | undefined {
  const options = { chunkSize: 64 * 1024 };
  if (compression === 'none') return undefined;
  return compression === 'gzip' ? createGzip(options) : createZstdCompress(options);
}
