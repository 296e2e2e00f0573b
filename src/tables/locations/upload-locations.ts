import { join } from 'node:path';
import { AppError } from '../../base/errors.ts';
import type { ByteStore } from './byte-locations.ts';
import { createFileLocation } from './files/file-location.ts';

const URI = /^upload:\/\/(upl_[0-9a-v]{19})\/?$/;

/** An upload as its location needs it. */
export interface StoredUpload {
  name: string;
  /** null while bytes are missing. */
  completedAt: number | null;
}

/** The id in an `upload://` URI; undefined for every other text. */
export function uploadIdOf(uri: string): string | undefined {
  return URI.exec(uri)?.[1];
}

/** The file that holds the bytes of an upload. */
export function uploadPath(folder: string, id: string): string {
  return join(folder, `${id}.data`);
}

/**
 * Files that clients sent to the data directory, by `upload://ID`. They can be read only. The name that the file had
 * decides its format.
 */
export function createUploadStore({
  folder,
  find,
}: {
  folder: string;
  find: (id: string) => Promise<StoredUpload | undefined>;
}): ByteStore {
  const idOf = (uri: string): string => {
    const id = uploadIdOf(uri);
    if (id === undefined) {
      throw new AppError(
        'uri_invalid',
        `"${uri}" names no upload: write upload:// and the id that POST /v1/uploads gave.`,
      );
    }
    return id;
  };
  const refuseWrite = (): never => {
    throw new AppError(
      'uri_invalid',
      'An upload can be read, not written: name a path or an s3:// URI for the output.',
    );
  };
  return {
    schemes: ['upload'],
    example: 'upload://ID',
    credentials: 'an upload has none',
    absolute: (uri) => `upload://${idOf(uri)}`,
    async locate({ uri }) {
      const id = idOf(uri);
      const found = await find(id);
      if (found === undefined) {
        throw new AppError(
          'file_not_found',
          `There is no upload "${id}": it was deleted, or it has expired. Send the file again.`,
        );
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
    },
    readBytes: async ({ uri }) => {
      throw new AppError('uri_invalid', `"${uri}" is a table: it holds no other files.`);
    },
    list: async () => undefined,
    close: async () => undefined,
  };
}

function gone(cause: unknown): never {
  if (!(cause instanceof AppError) || cause.code !== 'file_not_found') throw cause;
  throw new AppError('file_not_found', 'The file of the upload is gone: send it again.', { cause });
}
