import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { newId } from '../base/ids.ts';
import type { Log } from '../base/log.ts';
import { localDay } from '../storage/local-day.ts';
import type { DayCap } from '../storage/spending.ts';
import { openSqliteStore } from '../storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../storage/store.ts';
import { createByteLocations } from '../tables/locations/byte-locations.ts';
import { createFileStore } from '../tables/locations/files/file-locations.ts';
import { createHttpStore } from '../tables/locations/http/http-locations.ts';
import type { Location } from '../tables/locations/location.ts';
import type { LocationKind } from '../tables/locations/location-kind.ts';
import { createS3Store } from '../tables/locations/s3/s3-locations.ts';
import { createStdinStore } from '../tables/locations/stdin-locations.ts';
import { createUploadStore, uploadPath } from '../tables/locations/upload-locations.ts';
import { createMongoLocations } from '../tables/mongodb/mongo-locations.ts';
import type { Tables } from '../tables/table.ts';
import { createTables } from '../tables/tables.ts';
import { createUploads, type Uploads } from '../uploads/uploads.ts';
import type { Config } from './config.ts';

/** The store and the tables, with failpoints where a test has armed one. */
export async function openStorage(
  config: Config,
  { log, resultsDir }: { log: Log; resultsDir: string },
): Promise<{ store: Store; tables: Tables }> {
  const storeOptions = {
    path: join(config.dataDir, 'rowmill.db'),
    now: systemClock.now,
    log,
    dayCap: dayCapOf(config),
  };
  const { resultsUri } = config;
  const own = resultsUri === null || resultsUri.startsWith('s3://') ? [] : [resultsUri];
  const roots = [...config.fileRoots, resultsDir, ...own];
  if (config.failpoint === null) {
    const store = await openSqliteStore(storeOptions);
    return { store, tables: createTables({ roots, locations: locationKinds(config, { store, log }), log }) };
  }
  const { armFailpoint, failingLocation, failingStore, failingTables } = await import('./failpoints.ts');
  const reach = armFailpoint(config.failpoint);
  const store = await openSqliteStore({ ...storeOptions, onMigration: () => reach('migrating') });
  const locations = locationKinds(config, { store, log }, (location) => failingLocation(location, reach));
  const tables = createTables({ roots, locations, log });
  return { store: failingStore(store, reach), tables: failingTables(tables, reach) };
}

/** The places that tables are read from and written to; `around` wraps every file and object. */
function locationKinds(
  config: Config,
  { store, log }: { store: Store; log: Log },
  around?: (location: Location) => Location,
): LocationKind[] {
  const folder = spoolFolder(config);
  const http = createHttpStore({ folder, reach: { hosts: new Set(config.httpSources) } });
  const uploads = createUploadStore({ folder: uploadsFolder(config), find: store.readUpload });
  const stores = [createFileStore(), createS3Store(() => openS3(config)), http, createStdinStore(folder), uploads];
  const written = { record: store.recordWritten, find: store.findWritten, writerOf: store.readWriter };
  const options = { maxDecodedBytes: config.maxDecodedBytes, written, ...(around && { around }) };
  const mongodb = createMongoLocations({ serverUri: config.mongodbUri ?? undefined, log });
  return [...stores.map((one) => createByteLocations(one, options)), mongodb];
}

/** The places of media for a process without a store: uploads are not among them. */
export function mediaLocations(config: Config): LocationKind[] {
  const http = createHttpStore({ folder: spoolFolder(config), reach: { hosts: new Set(config.httpSources) } });
  const stores = [createFileStore(), createS3Store(() => openS3(config)), http];
  return stores.map((one) => createByteLocations(one, { maxDecodedBytes: config.maxDecodedBytes }));
}

/** Where copies of sources are kept that can't be read twice from their place. */
export function spoolFolder({ dataDir }: Config): string {
  return join(dataDir, 'spool');
}

function uploadsFolder({ dataDir }: Config): string {
  return join(dataDir, 'uploads');
}

/** The files that clients send. */
export function openUploads(config: Config, store: Store): Uploads {
  return createUploads({
    store,
    pathOf: (id) => uploadPath(uploadsFolder(config), id),
    limits: config.uploads,
    newId: () => newId('upl'),
    now: systemClock.now,
  });
}

/** The cap of a day in the time zone of this process. */
function dayCapOf({ maxUsdPerDay }: Config): DayCap | undefined {
  if (maxUsdPerDay === null) return undefined;
  return { capMicroUsd: maxUsdPerDay * 1e6, dayOf: localDay };
}

/**
 * Creates the data directory and its results folder; returns the path of that folder.
 * @throws AppError `config_invalid`
 */
export function prepareFolders({ dataDir }: Config): string {
  const results = join(dataDir, 'results');
  try {
    mkdirSync(results, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const fix = 'Set ROWMILL_DATA_DIR to a folder that can be written.';
    throw new AppError('config_invalid', `The data directory ${dataDir} can't be created: ${reason}. ${fix}`, {
      cause,
    });
  }
  return realpathSync(results);
}

async function openS3(config: Config) {
  const { createS3Client } = await import('../tables/locations/s3/s3-client.ts');
  const { region, s3Endpoint } = config.aws;
  return createS3Client({ region, ...(s3Endpoint === undefined ? {} : { endpoint: s3Endpoint }) });
}
