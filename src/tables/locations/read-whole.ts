import { AppError, toAppError } from '../../base/errors.ts';
import type { StoredBytes } from './location.ts';

/**
 * All bytes of an opened file. The file is closed when too many bytes were announced or have arrived.
 * @throws AppError `payload_too_large`, `location_unavailable`
 */
export async function readWhole(
  { stream, sizeBytes }: StoredBytes,
  { uri, maxBytes }: { uri: string; maxBytes: number },
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    if (sizeBytes !== undefined && sizeBytes > maxBytes) throw tooLarge(uri, maxBytes);
    for await (const chunk of stream) {
      length += (chunk as Buffer).length;
      if (length > maxBytes) throw tooLarge(uri, maxBytes);
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks, length);
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    const error = toAppError(thrown, 'location_unavailable');
    if (error.code === 'aborted') throw error;
    throw new AppError('location_unavailable', `${uri} can't be read to its end: ${error.message}`, { cause: thrown });
  } finally {
    stream.destroy();
  }
}

function tooLarge(uri: string, maxBytes: number): AppError {
  return new AppError(
    'payload_too_large',
    `${uri} has more than ${maxBytes} bytes, which is the limit: make it smaller.`,
  );
}

/** The fault of a place that is not below the folder that may be read. */
export function outsideFolder(uri: string, below: string): AppError {
  return new AppError('file_not_allowed', `${uri} is not below ${below}.`);
}
