import { join } from 'node:path';
import { AppError } from '../../base/errors.ts';
import type { ByteStore } from './byte-locations.ts';
import { createFileLocation } from './files/file-location.ts';
import type { Location } from './location.ts';

const URI = /^upload:\/\/(upl_[0-9a-v]{19})\/?$/;
/** The most uploads that are one table: a report names them all. */
const MAX_UPLOADS = 200;

/** An upload as its location needs it. */
export interface StoredUpload {
  name: string;
  /** null while bytes are missing. */
  completedAt: number | null;
}

/** The file that holds the bytes of an upload. */
export function uploadPath(folder: string, id: string): string {
  return join(folder, `${id}.data`);
}

/** Where uploads are, and which there are. */
interface UploadPlaces {
  folder: string;
  find: (id: string) => Promise<StoredUpload | undefined>;
}

/**
 * Files that clients sent to the data directory, by `upload://ID`. They can be read only. The name that the file had
 * decides its format. Several, with commas between, are one table of several files.
 */
export function createUploadStore(places: UploadPlaces): ByteStore {
  return {
    schemes: ['upload'],
    example: 'upload://ID',
    credentials: 'an upload has none',
    absolute: (uri) => urisOf(uri).join(','),
    locate: ({ uri }) => locate(uri, places),
    async list({ uri }) {
      const uris = urisOf(uri);
      if (uris.length === 1) return undefined;
      const locations = await Promise.all(uris.map((one) => locate(one, places)));
      return locations.map((location) => ({ name: location.fileName, location }));
    },
    readBytes: async ({ uri }) => {
      throw new AppError('uri_invalid', `"${uri}" is a table: it holds no other files.`);
    },
    close: async () => undefined,
  };
}

function idOf(uri: string): string {
  const id = URI.exec(uri)?.[1];
  if (id !== undefined) return id;
  const text = `"${uri}" names no upload: write upload:// and the id that POST /v1/uploads gave.`;
  throw new AppError('uri_invalid', text);
}

function urisOf(uri: string): string[] {
  const ids = uri.split(',').map(idOf);
  if (ids.length <= MAX_UPLOADS) return ids.map((id) => `upload://${id}`);
  throw new AppError('uri_invalid', `${ids.length} uploads are named as one table; at most ${MAX_UPLOADS} can be.`);
}

async function locate(uri: string, { folder, find }: UploadPlaces): Promise<Location> {
  const id = idOf(uri);
  const found = await find(id);
  if (found === undefined) {
    const text = `There is no upload "${id}": it was deleted, or it has expired. Send the file again.`;
    throw new AppError('file_not_found', text);
  }
  if (found.completedAt === null) {
    throw new AppError('file_not_found', `The upload "${id}" is not complete: send its other bytes first.`);
  }
  const file = createFileLocation(uploadPath(folder, id), [folder]);
  return {
    ...file,
    uri: `upload://${id}`,
    fileName: found.name,
    identity: async () => `upload://${id}`,
    openRead: (signal) => file.openRead(signal).catch(gone),
    openRanges: (signal) => file.openRanges(signal).catch(gone),
    checkWrite: async () => refuseWrite(),
    openWrite: async () => refuseWrite(),
  };
}

function refuseWrite(): never {
  const text = 'An upload can be read, not written: name a path or an s3:// URI for the output.';
  throw new AppError('uri_invalid', text);
}

function gone(cause: unknown): never {
  if (!(cause instanceof AppError) || cause.code !== 'file_not_found') throw cause;
  throw new AppError('file_not_found', 'The file of the upload is gone: send it again.', { cause });
}
