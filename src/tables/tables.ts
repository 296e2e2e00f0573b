import type { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { requireSdk } from '../base/require-sdk.ts';
import { formatOfName, sinkFormat } from './formats/format.ts';
import { createFileLocation } from './locations/file-location.ts';
import { listFiles } from './locations/list-files.ts';
import type { Location } from './locations/location.ts';
import { absoluteUri, isFolderUri, parseUri, uriInFolder } from './locations/parse-uri.ts';
import type { Source, Tables } from './table.ts';

const S3_SDKS = ['@aws-sdk/client-s3', '@aws-sdk/lib-storage'];

/** What {@link createTables} is given. */
export interface TablesParts {
  /** Folders that file sources and sinks may touch. */
  roots: readonly string[];
  /** Makes the S3 client; called at the first s3:// URI, once. */
  s3: () => Promise<S3Client>;
  log: Log;
  /** Puts something around every place, for tests. */
  around?: (location: Location) => Location;
}

/** Sources and sinks on files and S3. */
export function createTables(parts: TablesParts): Tables {
  let client: Promise<S3Client> | undefined;
  const s3 = () => {
    client ??= parts.s3();
    return client;
  };
  return {
    ...createRootedTables({ ...parts, s3 }),
    close: async () => {
      if (client !== undefined) (await client).destroy();
      client = undefined;
    },
  };
}

function unlessMissing(fault: unknown): undefined {
  if (!(fault instanceof AppError) || fault.code !== 'file_not_found') throw fault;
}

function isTableName(name: string): boolean {
  return formatOfName(name).format !== undefined;
}

function createRootedTables(parts: TablesParts): Tables {
  async function locate(uri: string): Promise<Location> {
    const location = await locationOf(uri);
    return parts.around?.(location) ?? location;
  }

  async function locationOf(uri: string): Promise<Location> {
    const parsed = parseUri(uri);
    if (parsed.kind === 'file') return createFileLocation(parsed.path, parts.roots);
    requireSdk('a table on S3', S3_SDKS);
    // The AWS SDK takes hundreds of milliseconds to load: only who names an S3 URI waits for it. The formats below are
    // loaded late for the same reason: an MCP server has to answer long before it is given a table.
    const { createS3Location } = await import('./locations/s3-location.ts');
    return createS3Location(await parts.s3(), parsed);
  }

  /** The files of a folder or pattern; undefined when the URI is neither. */
  async function locateAll(uri: string): Promise<{ name: string; location: Location }[] | undefined> {
    const parsed = parseUri(uri);
    if (parsed.kind === 'file') {
      const files = await listFiles(parsed.path, parts.roots, isTableName);
      return files?.map(({ name, path }) => ({ name, location: createFileLocation(path, parts.roots) }));
    }
    requireSdk('a table on S3', S3_SDKS);
    const { isObjectList, listObjects } = await import('./locations/list-objects.ts');
    if (!isObjectList(parsed.key)) return undefined;
    const { createS3Location } = await import('./locations/s3-location.ts');
    const client = await parts.s3();
    const objects = await listObjects(client, parsed, isTableName);
    const { bucket } = parsed;
    return objects.map(({ name, key }) => ({ name, location: createS3Location(client, { bucket, key }) }));
  }

  async function open(uri: string, signal?: AbortSignal): Promise<Source> {
    const { openSource } = await import('./formats/open-source.ts');
    const files = await locateAll(uri);
    if (files === undefined) return openSource(await locate(uri), signal);
    const { openManySource } = await import('./formats/many-source.ts');
    const partFiles = files.map(({ name, location }) => ({
      name,
      uri: location.uri,
      open: (given?: AbortSignal) => openSource(location, given),
    }));
    return openManySource(absoluteUri(uri), partFiles, signal);
  }

  async function checkOne(uri: string, taken: ReadonlySet<string>, overwrite: boolean): Promise<void> {
    const location = await locate(uri);
    sinkFormat(location.fileName, location.uri);
    if (taken.has(await location.identity())) {
      throw new AppError('output_is_source', `The output ${uri} is the source: give it another name.`);
    }
    await location.checkWrite();
    if (overwrite || !(await location.exists())) return;
    throw new AppError(
      'output_exists',
      `"${location.uri}" exists already. Choose another --out (output_uri), or give --overwrite (options.overwrite).`,
    );
  }

  return {
    roots: parts.roots,
    within: (roots) => createRootedTables({ ...parts, roots }),
    absolute: absoluteUri,
    openSource: async (uri, signal) => {
      const source = await open(uri, signal);
      parts.log.debug({ uri: source.uri, facts: source.facts }, 'table opened');
      return source;
    },
    openSink: async (uri, columns, options) => {
      const { openSink } = await import('./formats/open-sink.ts');
      return openSink(await locate(uri), columns, options);
    },
    checkSink: async (uri, notOneOf, { overwrite = false } = {}) => {
      const taken = new Set<string>();
      const names: string[] = [];
      for (const other of notOneOf) {
        // A source that is not there is told where it is opened.
        const listed = await locateAll(other).catch(unlessMissing);
        const files = listed ?? [{ name: undefined, location: await locate(other) }];
        for (const { name, location } of files) {
          taken.add(await location.identity());
          names.push(name ?? location.fileName);
        }
      }
      const targets = isFolderUri(uri) ? names.map((name) => uriInFolder(uri, name)) : [uri];
      for (const target of targets) await checkOne(target, taken, overwrite);
    },
    profile: async (uri, options = {}) => {
      const source = await open(uri, options.signal);
      const { profileSource } = await import('./profile/profile-source.ts');
      return profileSource(source, options);
    },
    close: async () => undefined,
  };
}
