import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../base/errors.ts';
import type { StoredBytes } from '../locations/location.ts';

/** Bytes that are read before a file's format is decided. */
const HEAD_BYTES = 64 * 1024;

/** An opened file whose first bytes have been read; `all` still yields every byte, once. */
export interface PeekedBytes {
  /** The first 64 KiB or a little more, decompressed. */
  head: Buffer;
  /** Whether `head` is the whole file. */
  complete: boolean;
  gzip: boolean;
  all(): AsyncGenerator<Buffer>;
  close(): void;
}

/** Decompresses a file that starts like gzip, and reads the head. `place` names the file in messages. */
export async function peek(stored: StoredBytes, place: string): Promise<PeekedBytes> {
  const raw = chunksOf(stored.stream, place);
  const start = await readAtLeast(raw, 2);
  const gzip = start.bytes[0] === 0x1f && start.bytes[1] === 0x8b;
  let chunks = follow(start.bytes, raw);
  if (gzip) {
    const gunzip = createGunzip({ chunkSize: 256 * 1024 });
    // The error reaches the reader through `gunzip`; this callback only has to exist.
    pipeline(Readable.from(chunks, { objectMode: false }), gunzip, () => undefined);
    chunks = chunksOf(gunzip, place);
  }
  const head = await readAtLeast(chunks, HEAD_BYTES);
  return {
    head: head.bytes,
    complete: head.ended,
    gzip,
    all: () => follow(head.bytes, chunks),
    close: () => {
      stored.stream.destroy();
    },
  };
}

async function* chunksOf(stream: Readable, place: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    throw readError(cause, place);
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

function readError(cause: unknown, place: string): unknown {
  if (cause instanceof AppError) return cause;
  const { code, name, message } = cause as NodeJS.ErrnoException;
  if (name === 'AbortError') return new AppError('aborted', `Reading ${place} was cancelled.`, { cause });
  if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR') {
    return new AppError('not_a_table', `${place} is damaged gzip (${message}): make the file again.`, { cause });
  }
  return new AppError('location_unavailable', `Reading ${place} failed: ${message}.`, { cause, retryable: true });
}
