import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../../../base/errors.ts';
import type { StoredRanges } from '../location.ts';
import { s3Error } from './s3-error.ts';

/** Number of requests for one range when connections break; after that, reading fails. */
const MAX_TRIES = 4;

/** An object read by ranges. All ranges come from the same version of the object, detected by its ETag. */
export async function openObjectRanges(
  client: S3Client,
  place: { bucket: string; key: string; uri: string },
  signal?: AbortSignal,
): Promise<StoredRanges> {
  const abort = signal && { abortSignal: signal };
  const name = { Bucket: place.bucket, Key: place.key };
  const head = await client.send(new HeadObjectCommand(name), abort).catch((cause) => {
    throw s3Error(cause, place);
  });
  const sizeBytes = head.ContentLength ?? 0;
  if (sizeBytes === 0) throw new AppError('file_empty', `${place.uri} is empty: it needs a header and rows.`);
  const version = head.ETag === undefined ? {} : { IfMatch: head.ETag };

  const readOnce = async (start: number, end: number): Promise<ArrayBuffer> => {
    const command = new GetObjectCommand({ ...name, ...version, Range: `bytes=${start}-${end - 1}` });
    const answer = await client.send(command, abort);
    const bytes = new Uint8Array(end - start);
    let length = 0;
    for await (const chunk of answer.Body as Readable) {
      bytes.set(chunk as Buffer, length);
      length += (chunk as Buffer).length;
    }
    if (length < bytes.length) throw new Error(`the connection ended after ${length} of ${bytes.length} bytes`);
    return bytes.buffer;
  };
  return {
    sizeBytes,
    async read(start, end = sizeBytes) {
      if (end <= start) return new ArrayBuffer(0);
      for (let tries = 1; ; tries += 1) {
        try {
          return await readOnce(start, end);
        } catch (cause) {
          const error = s3Error(cause, place);
          if (!error.retryable || signal?.aborted || tries >= MAX_TRIES) throw error;
        }
      }
    },
    close: async () => undefined,
  };
}
