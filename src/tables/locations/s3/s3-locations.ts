import type { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../../../base/errors.ts';
import { requireSdk } from '../../../base/process/require-sdk.ts';
import type { ByteStore } from '../byte-locations.ts';
import { outsideFolder, readWhole } from '../read-whole.ts';

const SDKS = ['@aws-sdk/client-s3', '@aws-sdk/lib-storage'];

/**
 * Objects in S3 buckets, by `s3://bucket/key`.
 * @param open creates the client; called once, at the first URI
 */
export function createS3Store(open: () => Promise<S3Client>): ByteStore {
  let client: Promise<S3Client> | undefined;
  const opened = () => {
    client ??= open();
    return client;
  };
  return {
    schemes: ['s3'],
    example: 's3://bucket/key',
    credentials: "they come from AWS's own variables, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    absolute(uri) {
      const { bucket, key } = parseS3Uri(uri);
      return `s3://${bucket}/${key}`;
    },
    async locate({ uri }) {
      const place = parseS3Uri(uri);
      requireSdk('a table on S3', SDKS);
      // The AWS SDK takes hundreds of milliseconds to load, so it is loaded only for an S3 URI.
      const { createS3Location } = await import('./s3-location.ts');
      return createS3Location(await opened(), place);
    },
    async readBytes({ uri }, options) {
      if (!uri.startsWith(options.below)) throw outsideFolder(uri, options.below);
      requireSdk('a file on S3', SDKS);
      const { createS3Location } = await import('./s3-location.ts');
      const location = createS3Location(await opened(), parseS3Uri(uri));
      return readWhole(await location.openRead(options.signal), { uri, ...options });
    },
    async list({ uri }, isTable) {
      const place = parseS3Uri(uri);
      requireSdk('a table on S3', SDKS);
      const { isObjectList, listObjects } = await import('./list-objects.ts');
      if (!isObjectList(place.key)) return undefined;
      const { createS3Location } = await import('./s3-location.ts');
      const s3 = await opened();
      const objects = await listObjects(s3, place, isTable);
      const { bucket } = place;
      return objects.map(({ name, key }) => ({ name, location: createS3Location(s3, { bucket, key }) }));
    },
    async close() {
      if (client !== undefined) (await client).destroy();
      client = undefined;
    },
  };
}

/** S3 keys are used unchanged: percent signs are part of the key, not an encoding. */
function parseS3Uri(uri: string): { bucket: string; key: string } {
  const rest = uri.slice('s3://'.length);
  const slash = rest.indexOf('/');
  const bucket = slash === -1 ? rest : rest.slice(0, slash);
  const key = slash === -1 ? '' : rest.slice(slash + 1);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new AppError(
      'uri_invalid',
      `"${uri}": "${bucket}" is not a bucket name (3 to 63 of a-z, 0-9, "." and "-"); write s3://bucket/key.`,
    );
  }
  if (key === '') {
    throw new AppError('uri_invalid', `"${uri}" names no object: add its key, as in s3://${bucket}/${key}table.csv.`);
  }
  return { bucket, key };
}
