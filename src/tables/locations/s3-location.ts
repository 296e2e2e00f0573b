import { PassThrough, type Readable } from 'node:stream';
import { GetObjectCommand, HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { AppError } from '../../errors.ts';
import type { Location, PendingBytes, StoredBytes } from './location.ts';
import { s3Error } from './s3-error.ts';

/** An object in an S3 bucket, read as a stream and written by multipart upload. */
export function createS3Location(client: S3Client, place: { bucket: string; key: string }): Location {
  const uri = `s3://${place.bucket}/${place.key}`;
  return {
    uri,
    fileName: place.key.slice(place.key.lastIndexOf('/') + 1),
    identity: async () => uri,
    openRead: async (signal) => openObject(client, { ...place, uri }, signal),
    checkWrite: async () => checkBucket(client, { ...place, uri }),
    openWrite: async () => createPendingObject(client, { ...place, uri }),
  };
}

interface Place {
  bucket: string;
  key: string;
  uri: string;
}

async function openObject(client: S3Client, place: Place, signal?: AbortSignal): Promise<StoredBytes> {
  const command = new GetObjectCommand({ Bucket: place.bucket, Key: place.key });
  const answer = await client.send(command, signal && { abortSignal: signal }).catch((cause) => {
    throw s3Error(cause, place);
  });
  if (answer.ContentLength === 0 || answer.Body === undefined) {
    throw new AppError('file_empty', `${place.uri} is empty: it needs a header and rows.`);
  }
  return { stream: answer.Body as Readable, sizeBytes: answer.ContentLength };
}

/** A bucket that may not be asked about (403) may still be writable: only its absence is sure. */
async function checkBucket(client: S3Client, place: Place): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: place.bucket }));
  } catch (cause) {
    const error = s3Error(cause, { ...place, isBucket: true });
    if (error.code !== 'location_denied') throw error;
  }
}

/** Parts of 8 MiB, two in flight: at most about 24 MiB in memory, objects of up to 78 GiB. */
const PART_BYTES = 8 * 1024 * 1024;

async function createPendingObject(client: S3Client, place: Place): Promise<PendingBytes> {
  const stream = new PassThrough({ highWaterMark: 256 * 1024 });
  const upload = new Upload({
    client,
    params: { Bucket: place.bucket, Key: place.key, Body: stream },
    partSize: PART_BYTES,
    queueSize: 2,
  });
  const done = upload.done().then(
    () => undefined,
    (cause) => {
      const error = s3Error(cause, place);
      stream.destroy(error);
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
      // Not `upload.abort()`: that settles at once and cleans up later. A source that breaks makes the upload wait for the
      // parts in flight and take the parts back, and only then settle.
      stream.destroy(new AppError('aborted', `Writing ${place.uri} was cancelled.`));
      await done;
    },
  };
}
