import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '../base/errors.ts';

/** What has arrived: the size of the file, and its digest where all of it arrived in one request. */
export interface ReceivedBytes {
  size: number;
  sha256: string | undefined;
}

/**
 * Writes bytes to a file from an offset on, as they arrive: memory is constant. They are on the disk when this
 * resolves; what arrived before a fault stays in the file.
 * @param onSize called with the size that each chunk leads to, before the chunk is written; an error ends the writing
 * @throws AppError `aborted` when the client is gone; `location_unavailable` when the disk takes no more
 */
export async function receiveBytes(
  { body, signal }: { body: AsyncIterable<Uint8Array>; signal?: AbortSignal },
  { path, offset, onSize }: { path: string; offset: number; onSize: (size: number) => Promise<void> },
): Promise<ReceivedBytes> {
  const hash = offset === 0 ? createHash('sha256') : undefined;
  let size = offset;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, offset === 0 ? 'w' : 'r+', 0o600);
  try {
    for await (const chunk of arriving(body)) {
      signal?.throwIfAborted();
      await onSize(size + chunk.byteLength);
      hash?.update(chunk);
      await writeAll(file, chunk, size);
      size += chunk.byteLength;
    }
    signal?.throwIfAborted();
    await file.sync();
  } catch (cause) {
    throw faultOf(cause, signal);
  } finally {
    await file.close();
  }
  return { size, sha256: hash?.digest('hex') };
}

/** The SHA-256 of a file, read in constant memory. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Faults of the body are told from faults of the disk. */
async function* arriving(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw new AppError('aborted', 'The client went away before its last byte.', { cause });
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < chunk.byteLength) {
    const { bytesWritten } = await file.write(chunk, written, chunk.byteLength - written, position + written);
    written += bytesWritten;
  }
}

function faultOf(cause: unknown, signal: AbortSignal | undefined): AppError {
  if (cause instanceof AppError) return cause;
  if (signal?.aborted === true) return new AppError('aborted', 'The client went away before its last byte.', { cause });
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = code === 'ENOSPC' || code === 'EDQUOT' ? 'no space is left on its disk' : message;
  return new AppError('location_unavailable', `The file can't be stored in the data directory: ${reason}.`, {
    cause,
    retryable: true,
  });
}
