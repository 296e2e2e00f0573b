import type { S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../../src/base/errors.ts';
import { createSilentLog, type Log } from '../../src/base/log.ts';
import { createByteLocations } from '../../src/tables/locations/byte-locations.ts';
import { createFileStore } from '../../src/tables/locations/files/file-locations.ts';
import type { LocationKind } from '../../src/tables/locations/location-kind.ts';
import { createS3Store } from '../../src/tables/locations/s3/s3-locations.ts';
import { NONE_WRITTEN, type WrittenTables } from '../../src/tables/locations/written-tables.ts';
import type { TableWriter, WriterOptions } from '../../src/tables/row-writer.ts';
import type { Tables } from '../../src/tables/table.ts';
import { createTables } from '../../src/tables/tables.ts';

/** The parts of a test's tables. */
interface TestTablesParts {
  /** Folders that files may lie in; none without it. */
  roots?: readonly string[];
  /** Opens the client; without it the first S3 URI fails. */
  s3?: () => Promise<S3Client>;
  /** Further kinds of places. */
  locations?: readonly LocationKind[];
  log?: Log;
  written?: WrittenTables;
}

/** Tables on files and S3, as the app has them. */
export function createTestTables({
  roots = [],
  s3 = noS3,
  locations = [],
  log = createSilentLog(),
  written = NONE_WRITTEN,
}: TestTablesParts): Tables {
  const kinds = [createFileStore(), createS3Store(s3)].map((store) => createByteLocations(store, { written }));
  return createTables({ roots, locations: [...kinds, ...locations], log });
}

async function noS3(): Promise<S3Client> {
  throw new AppError('location_unavailable', 'These tests have no S3.');
}

/** Opens a table for writing. */
export async function openTable(
  tables: Tables,
  uri: string,
  columns: readonly string[],
  options?: WriterOptions,
): Promise<TableWriter> {
  const writer = await tables.openWriter(uri, columns, options);
  if (writer.kind !== 'table') throw new Error(`${uri} is no table.`);
  return writer;
}
