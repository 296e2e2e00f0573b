import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { schemeOf } from '../../../base/addresses/scheme.ts';
import { AppError } from '../../../base/errors.ts';
import type { ByteStore } from '../byte-locations.ts';
import { readWhole } from '../read-whole.ts';
import { allowedPath } from './allowed-path.ts';
import { createFileLocation } from './file-location.ts';
import { isFolderUri } from './folder-uri.ts';
import { listFiles } from './list-files.ts';

/** Files on this machine, by a plain path (relative to the working directory) or `file://…`. */
export function createFileStore(): ByteStore {
  return {
    schemes: ['file'],
    example: 'a path, file://…',
    credentials: 'a path has none',
    absolute(uri) {
      const path = pathOf(uri);
      return isFolderUri(uri) && !path.endsWith('/') ? `${path}/` : path;
    },
    locate: async ({ uri, roots }) => createFileLocation(pathOf(uri), roots),
    async list({ uri, roots }, isTable) {
      const files = await listFiles(pathOf(uri), roots, isTable);
      return files?.map(({ name, path }) => ({ name, location: createFileLocation(path, roots) }));
    },
    async readBytes({ uri, roots }, { below, ...options }) {
      // The folder has to be allowed itself; then the file has to be in it, by the real path of its open handle.
      const folder = await allowedPath(pathOf(below), roots);
      return readWhole(await createFileLocation(pathOf(uri), [folder]).openRead(options.signal), { uri, ...options });
    },
    close: async () => undefined,
  };
}

/** Absolute, symlinks not yet resolved. */
function pathOf(uri: string): string {
  if (schemeOf(uri) === undefined) return resolve(uri);
  try {
    return fileURLToPath(uri);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('uri_invalid', `"${uri}" is not a file URL (${reason}); write file:///folder/name.csv.`, {
      cause,
    });
  }
}
