import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { startFauxqs } from 'fauxqs';
import { createS3Client, type S3Options } from '../../src/tables/locations/s3/s3-client.ts';

/** An S3 server for tests, with one bucket of its own. */
export interface TestS3 {
  options: S3Options;
  client: S3Client;
  bucket: string;
  put(key: string, body: Buffer | string): Promise<void>;
  get(key: string): Promise<Buffer>;
  /** Keys in the bucket. */
  keys(): Promise<string[]>;
  createBucket(): Promise<string>;
  /** Deletes a bucket, which fails while it holds an object or an unfinished multipart upload. */
  deleteEmptyBucket(bucket: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Uses the server that `ROWMILL_TEST_S3_ENDPOINT` names (Ceph's object gateway of `radosgw.sh`, keys AKTEST and SKTEST);
 * without it, starts fauxqs on a free port.
 */
export async function startTestS3(): Promise<TestS3> {
  const real = process.env['ROWMILL_TEST_S3_ENDPOINT'];
  const server = real === undefined ? await startFauxqs({ port: 0, logger: false, host: '127.0.0.1' }) : undefined;
  const options: S3Options = {
    endpoint: real ?? `http://127.0.0.1:${server?.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKTEST', secretAccessKey: 'SKTEST' },
  };
  const client = await createS3Client(options);
  const createBucket = async () => {
    const name = `rowmill-${randomBytes(6).toString('hex')}`;
    await client.send(new CreateBucketCommand({ Bucket: name }));
    return name;
  };
  const bucket = await createBucket();
  return {
    options,
    client,
    bucket,
    async put(key, body) {
      await new Upload({ client, params: { Bucket: bucket, Key: key, Body: body } }).done();
    },
    async get(key) {
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    },
    async keys() {
      const answer = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
      return (answer.Contents ?? []).map((object) => object.Key ?? '');
    },
    createBucket,
    async deleteEmptyBucket(name) {
      // fauxqs does not list uploads, but refuses to delete their bucket; Ceph lists them, and deletes them with it.
      const uploads = real && (await client.send(new ListMultipartUploadsCommand({ Bucket: name }))).Uploads;
      if (uploads && uploads.length > 0) throw new Error(`${uploads.length} multipart uploads are open in ${name}`);
      await client.send(new DeleteBucketCommand({ Bucket: name }));
    },
    async close() {
      client.destroy();
      await server?.stop();
    },
  };
}
