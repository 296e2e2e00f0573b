import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { AppError } from '../../base/errors.ts';
import type { StoredBytes } from '../locations/location.ts';
import type { Compression } from '../row-source.ts';
import type { DecodedLimit } from './decoded-limit.ts';
import { cutAtFrames } from './zstd-frames.ts';

/** Bytes that are read before a file's format is decided. */
const HEAD_BYTES = 64 * 1024;
/** The same for a compressed file, which can't be sampled elsewhere. */
const COMPRESSED_HEAD_BYTES = 1024 * 1024;

/** An opened file whose first bytes have been read; `all` still yields every byte, once. */
export interface PeekedBytes {
  /** The first 64 KiB or a little more; 1 MiB of a compressed file, decompressed. */
  head: Buffer;
  /** Whether `head` is the whole file. */
  complete: boolean;
  compression: Compression;
  all(): AsyncGenerator<Buffer>;
  close(): void;
}

/**
 * Decompresses a file that starts like gzip or Zstandard, and reads the head. `place` names the file in messages;
 * `limit` counts the decompressed bytes.
 */
export async function peek(
  stored: StoredBytes,
  { place, limit }: { place: string; limit: DecodedLimit },
): Promise<PeekedBytes> {
  const { compression, chunks } = await decompressed(stored, { place, limit });
  const head = await readAtLeast(chunks, compression === 'none' ? HEAD_BYTES : COMPRESSED_HEAD_BYTES);
  return {
    head: head.bytes,
    complete: head.ended,
    compression,
    all: () => follow(head.bytes, chunks),
    close: () => {
      stored.stream.destroy();
    },
  };
}

/** The bytes of a file; decompressed if it starts like gzip or Zstandard. */
export async function decompressed(
  stored: StoredBytes,
  { place, limit }: { place: string; limit: DecodedLimit },
): Promise<{ compression: Compression; chunks: AsyncGenerator<Buffer> }> {
  const raw = chunksOf(stored.stream, place);
  const start = await readAtLeast(raw, 4);
  const compression = compressionOf(start.bytes);
  const chunks = follow(start.bytes, raw);
  if (compression === 'none') return { compression, chunks };
  const options = { chunkSize: 256 * 1024 };
  const isGzip = compression === 'gzip';
  const decoder = isGzip ? createGunzip(options) : createZstdDecompress(options);
  // The error reaches the reader through the decoder; this callback only has to exist. In object mode no chunks are joined.
  pipeline(Readable.from(isGzip ? chunks : cutAtFrames(chunks), { objectMode: true }), decoder, () => undefined);
  return {
    compression,
    chunks: counted(chunksOf(decoder, place, isGzip ? 'gzip' : 'Zstandard'), { stored, limit }),
  };
}

function compressionOf(start: Buffer): Compression {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  return start.length >= 4 && start.readUInt32LE(0) === 0xfd2fb528 ? 'zstd' : 'none';
}

async function* counted(
  chunks: AsyncGenerator<Buffer>,
  { stored, limit }: { stored: StoredBytes; limit: DecodedLimit },
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of chunks) {
      limit.count(chunk.length);
      yield chunk;
    }
  } finally {
    stored.stream.destroy();
  }
}

async function* chunksOf(stream: Readable, place: string, what = 'gzip'): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    throw readError(cause, place, what);
  }
}

async function* follow(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest;
}

async function readAtLeast(chunks: AsyncGenerator<Buffer>, bytes: number): Promise<{ bytes: Buffer; ended: boolean }> {
  const parts: Buffer[] = [];
  let length = 0;
  while (length < bytes) {
    const next = await chunks.next();
    if (next.done) return { bytes: Buffer.concat(parts), ended: true };
    parts.push(next.value);
    length += next.value.length;
  }
  return { bytes: Buffer.concat(parts), ended: false };
}

function readError(cause: unknown, place: string, what: string): unknown {
  if (cause instanceof AppError) return cause;
  const { code, name, message } = cause as NodeJS.ErrnoException;
  if (name === 'AbortError') return new AppError('aborted', `Reading ${place} was cancelled.`, { cause });
  if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR' || code?.startsWith('ZSTD_')) {
    return new AppError('not_a_table', `${place} is damaged ${what} (${message}): make the file again.`, { cause });
  }
  return new AppError('location_unavailable', `Reading ${place} failed: ${message}.`, { cause, retryable: true });
}
