import type { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../errors.ts';
import type { Log } from '../log.ts';
import { sinkFormat } from './formats/format.ts';
import { createFileLocation } from './locations/file-location.ts';
import type { Location } from './locations/location.ts';
import { absoluteUri, parseUri } from './locations/parse-uri.ts';
import type { Tables } from './table.ts';

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

function createRootedTables(parts: TablesParts): Tables {
  async function locate(uri: string): Promise<Location> {
    const location = await locationOf(uri);
    return parts.around?.(location) ?? location;
  }

  async function locationOf(uri: string): Promise<Location> {
    const parsed = parseUri(uri);
    if (parsed.kind === 'file') return createFileLocation(parsed.path, parts.roots);
    // The AWS SDK takes hundreds of milliseconds to load: only who names an S3 URI waits for it. The formats below are
    // loaded late for the same reason: an MCP server has to answer long before it is given a table.
    const { createS3Location } = await import('./locations/s3-location.ts');
    return createS3Location(await parts.s3(), parsed);
  }

  return {
    roots: parts.roots,
    within: (roots) => createRootedTables({ ...parts, roots }),
    absolute: absoluteUri,
    openSource: async (uri, signal) => {
      const { openSource } = await import('./formats/open-source.ts');
      const source = await openSource(await locate(uri), signal);
      parts.log.debug({ uri: source.uri, facts: source.facts }, 'table opened');
      return source;
    },
    openSink: async (uri, columns, options) => {
      const { openSink } = await import('./formats/open-sink.ts');
      return openSink(await locate(uri), columns, options);
    },
    checkSink: async (uri, notOneOf) => {
      const location = await locate(uri);
      sinkFormat(location.fileName, location.uri);
      const identity = await location.identity();
      for (const other of notOneOf) {
        if ((await (await locate(other)).identity()) === identity) {
          throw new AppError('output_is_source', `The output ${uri} is the source: give it another name.`);
        }
      }
      await location.checkWrite();
    },
    profile: async (uri, options = {}) => {
      const location = await locate(uri);
      const { openSource } = await import('./formats/open-source.ts');
      const { profileSource } = await import('./profile.ts');
      return profileSource(await openSource(location, options.signal), options);
    },
    close: async () => undefined,
  };
}
