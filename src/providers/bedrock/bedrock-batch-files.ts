import { createReadStream } from 'node:fs';
import type { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../../base/errors.ts';
import { readJsonLines } from '../provider-jobs/batch-lines.ts';
import type { Spool } from '../provider-jobs/batch-spool.ts';

/** Parts of an upload, four in memory at a time; 10,000 of them make 80 GB. */
const PART_BYTES = 8 * 1024 * 1024;

/** A folder in S3. */
export interface S3Folder {
  bucket: string;
  /** Empty, or ends with a slash. */
  prefix: string;
}

/** `s3://bucket/prefix`. @throws AppError `uri_invalid` */
export function parseS3Folder(uri: string): S3Folder {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri) ?? [];
  if (bucket === undefined)
    throw new AppError('uri_invalid', `"${uri}" is not a folder in S3: write s3://bucket/prefix.`);
  return { bucket, prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/` };
}

/** Sends a file in parts; the parts of a failed upload are removed. */
export async function uploadSpool(
  client: S3Client,
  spool: Spool,
  { bucket, key, signal }: { bucket: string; key: string; signal: AbortSignal },
): Promise<void> {
  const { Upload } = await import('@aws-sdk/lib-storage');
  const upload = new Upload({
    client,
    params: { Bucket: bucket, Key: key, Body: createReadStream(spool.path, { highWaterMark: 1024 * 1024 }) },
    partSize: PART_BYTES,
    queueSize: 4,
  });
  const abort = () => void upload.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await upload.done();
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Keys below a folder that end with `ending`, in order. */
export async function listKeys(
  client: S3Client,
  { bucket, prefix }: S3Folder,
  { ending, signal }: { ending: string; signal: AbortSignal },
): Promise<string[]> {
  const { paginateListObjectsV2 } = await import('@aws-sdk/client-s3');
  const keys: string[] = [];
  const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }, { abortSignal: signal });
  for await (const { Contents = [] } of pages) {
    for (const { Key } of Contents) if (Key?.endsWith(ending)) keys.push(Key);
  }
  return keys;
}

/** The lines of an object that are JSON objects. */
export async function* readObjectLines(
  client: S3Client,
  { bucket, key, signal }: { bucket: string; key: string; signal: AbortSignal },
): AsyncGenerator<Record<string, unknown>> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
  // In Node the body is a stream of bytes.
  yield* readJsonLines(Body as unknown as AsyncIterable<Uint8Array>);
}
