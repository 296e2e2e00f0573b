import { PassThrough, Readable } from 'node:stream';
import {
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadBucketCommand,
  HeadObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { AppError } from '../../../base/errors.ts';
import { appeared } from '../appeared.ts';
import type { Location, PendingBytes, StoredBytes, WriteMode } from '../location.ts';
import { s3Error } from './s3-error.ts';
import { openObjectRanges } from './s3-ranges.ts';

/** An object in an S3 bucket, read as a stream and written by multipart upload. */
export function createS3Location(client: S3Client, place: { bucket: string; key: string }): Location {
  const uri = `s3://${place.bucket}/${place.key}`;
  return {
    uri,
    fileName: place.key.slice(place.key.lastIndexOf('/') + 1),
    identity: async () => uri,
    exists: async () => isObjectThere(client, { ...place, uri }),
    openRead: async (signal) => openObject(client, { ...place, uri }, signal),
    openRanges: async (signal) => openObjectRanges(client, { ...place, uri }, signal),
    checkWrite: async () => checkBucket(client, { ...place, uri }),
    openWrite: async (mode) => createPendingObject(client, { ...place, uri }, mode),
  };
}

interface Place {
  bucket: string;
  key: string;
  uri: string;
}

async function openObject(client: S3Client, place: Place, signal?: AbortSignal): Promise<StoredBytes> {
  const answer = await getObject(client, place, {}, signal);
  if (answer.ContentLength === 0) {
    throw new AppError('file_empty', `${place.uri} is empty: it needs a header and rows.`);
  }
  return { stream: resumingStream(client, place, answer, signal), sizeBytes: answer.ContentLength };
}

async function getObject(
  client: S3Client,
  place: Place,
  part: { Range?: string; IfMatch?: string },
  signal?: AbortSignal,
) {
  const command = new GetObjectCommand({ Bucket: place.bucket, Key: place.key, ...part });
  try {
    return await client.send(command, signal && { abortSignal: signal });
  } catch (cause) {
    throw s3Error(cause, place);
  }
}

/** Number of consecutive connections that may break without a byte between them; after that, reading fails. */
const MAX_BREAKS = 3;

/** The object's bytes. After a broken connection, another one reads the rest of the same object. */
function resumingStream(client: S3Client, place: Place, first: GetObjectCommandOutput, signal?: AbortSignal): Readable {
  let body = first.Body as Readable;
  const chunks = async function* () {
    let offset = 0;
    for (let breaks = 0; ; ) {
      try {
        for await (const chunk of body) {
          offset += chunk.length;
          breaks = 0;
          yield chunk as Buffer;
        }
        if (offset >= (first.ContentLength ?? 0)) return;
        throw new Error(`the connection ended after ${offset} bytes`);
      } catch (cause) {
        breaks += 1;
        if (signal?.aborted || breaks > MAX_BREAKS) throw s3Error(cause, place);
      }
      const rest = { Range: `bytes=${offset}-`, ...(first.ETag !== undefined && { IfMatch: first.ETag }) };
      body = (await getObject(client, place, rest, signal)).Body as Readable;
    }
  };
  const stream = Readable.from(chunks(), { objectMode: false });
  stream.once('close', () => body.destroy());
  return stream;
}

/** A bucket that can't be checked (403) may still be writable: only its absence is certain. */
async function checkBucket(client: S3Client, place: Place): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: place.bucket }));
  } catch (cause) {
    const error = s3Error(cause, { ...place, isBucket: true });
    if (error.code !== 'location_denied') throw error;
  }
}

/** Without permission to list a bucket, S3 answers 403 for a missing object: only a success answer is certain. */
async function isObjectThere(client: S3Client, place: Place): Promise<boolean> {
  try {
    await client.send(new HeadObjectCommand({ Bucket: place.bucket, Key: place.key }));
    return true;
  } catch (cause) {
    const error = s3Error(cause, place);
    if (error.code === 'file_not_found' || error.code === 'location_denied') return false;
    throw error;
  }
}

/** Parts of 8 MiB, two in flight: at most about 24 MiB in memory, objects of up to 78 GiB. */
const PART_BYTES = 8 * 1024 * 1024;

/** Marks the objects of one batch: a process that died after the upload writes its table again. */
const BATCH_MARK = 'rowmill-batch';

/**
 * Without `replace`, the server itself refuses the object when another one has the key by then. Servers that don't know
 * the condition ignore it.
 */
async function createPendingObject(
  client: S3Client,
  place: Place,
  { replace, batchId }: WriteMode,
): Promise<PendingBytes> {
  const stream = new PassThrough({ highWaterMark: 256 * 1024 });
  const upload = new Upload({
    client,
    params: {
      ...{ Bucket: place.bucket, Key: place.key, Body: stream },
      ...(batchId !== undefined && { Metadata: { [BATCH_MARK]: batchId } }),
      ...(!replace && { IfNoneMatch: '*' }),
    },
    partSize: PART_BYTES,
    queueSize: 2,
  });
  const done = upload.done().then(
    () => undefined,
    async (cause) => {
      const error = await uploadFault(client, place, { cause, batchId });
      if (error !== undefined) stream.destroy(error);
      return error;
    },
  );
  return {
    stream,
    commit: async () => {
      const error = await done;
      if (error !== undefined) throw error;
    },
    abort: async () => {
      // Not `upload.abort()`, which settles immediately and cleans up later. When its source breaks, the upload waits
      // for the parts in flight, removes the uploaded parts, and only then settles.
      stream.destroy(new AppError('aborted', `Writing ${place.uri} was cancelled.`));
      await done;
    },
  };
}

/** The fault of an upload; undefined when the object there is the same batch's own, from before its process died. */
async function uploadFault(
  client: S3Client,
  place: Place,
  { cause, batchId }: { cause: unknown; batchId: string | undefined },
): Promise<AppError | undefined> {
  const { name, $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
  if (name !== 'PreconditionFailed' && $metadata?.httpStatusCode !== 412) return s3Error(cause, place);
  const head = { Bucket: place.bucket, Key: place.key };
  const there = await client.send(new HeadObjectCommand(head)).catch(() => undefined);
  if (batchId !== undefined && there?.Metadata?.[BATCH_MARK] === batchId) return undefined;
  return appeared(place.uri);
}
