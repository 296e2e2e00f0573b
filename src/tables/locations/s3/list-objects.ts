import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../../../base/errors.ts';
import { byName, isPattern, MAX_FILES, patternMatcher, splitPattern } from '../pattern.ts';
import { s3Error } from './s3-error.ts';

/** An object of a prefix or pattern. `name` is its key after their common prefix. */
export interface ListedObject {
  name: string;
  key: string;
}

/** Whether a key names several objects: a prefix that ends in `/`, or a pattern. */
export function isObjectList(key: string): boolean {
  return key.endsWith('/') || isPattern(key);
}

/**
 * The objects of a prefix or pattern, sorted by name. Of a prefix, only objects directly below it that `isTable`
 * accepts are listed.
 * @throws AppError `file_not_found` when there is none
 */
export async function listObjects(
  client: S3Client,
  place: { bucket: string; key: string },
  isTable: (name: string) => boolean,
): Promise<ListedObject[]> {
  const uri = `s3://${place.bucket}/${place.key}`;
  const isPrefix = place.key.endsWith('/');
  const { base, rest } = isPrefix ? { base: place.key, rest: '*' } : splitPattern(place.key);
  const matches = patternMatcher(rest);
  // With a delimiter, S3 returns only the objects of one level, however many deeper objects there are.
  const level = rest.includes('/') || rest.includes('**') ? {} : { Delimiter: '/' };
  const objects: ListedObject[] = [];
  for (let after: string | undefined; ; ) {
    const command = new ListObjectsV2Command({
      Bucket: place.bucket,
      Prefix: base,
      ...level,
      ...(after !== undefined && { ContinuationToken: after }),
    });
    const page = await client.send(command).catch((cause) => {
      throw s3Error(cause, { bucket: place.bucket, uri });
    });
    for (const { Key: key = '', Size: size } of page.Contents ?? []) {
      const name = key.slice(base.length);
      const isWanted = name !== '' && !name.endsWith('/') && matches(name) && (!isPrefix || isTable(name));
      if (isWanted && size !== 0) objects.push({ name, key });
    }
    if (objects.length > MAX_FILES) {
      throw new AppError('uri_invalid', `${uri} names more than ${MAX_FILES} objects, the limit for one table.`);
    }
    after = page.NextContinuationToken;
    if (after === undefined) break;
  }
  if (objects.length === 0) throw new AppError('file_not_found', `There is no table at ${uri}: check the prefix.`);
  return objects.sort(byName);
}
