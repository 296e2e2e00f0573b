import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../../base/errors.ts';
import type { Descriptor } from '../descriptor.ts';
import type { Location, StoredBytes, StoredRanges } from '../location.ts';
import { openingError } from '../opening-error.ts';
import { allowedPath } from './allowed-path.ts';
import { fileError } from './file-error.ts';
import { openInside } from './open-inside.ts';
import { checkFolder, createPendingFile } from './pending-file.ts';

const READ_BYTES = 128 * 1024;

/** A file on this machine, inside one of `roots`. `path` is absolute. */
export function createFileLocation(path: string, roots: readonly string[]): Location {
  return {
    uri: path,
    fileName: basename(path),
    identity: async () => `file:${await allowedPath(path, roots)}`,
    mark: async () => markOf(await allowedPath(path, roots)),
    exists: async () => isThere(await allowedPath(path, roots)),
    openRead: (signal) => openFile(path, roots, signal),
    openRanges: () => openFileRanges(path, roots),
    checkWrite: async () => checkFolder(await allowedPath(path, roots), path),
    openWrite: (options) => createPendingFile(path, roots, options),
  };
}

/** With the time of its creation, since another file may get the number of a deleted one. */
async function markOf(real: string): Promise<string | null> {
  const found = await stat(real, { bigint: true }).catch(() => undefined);
  return found === undefined ? null : `${found.dev}:${found.ino}:${found.birthtimeNs}`;
}

async function isThere(real: string): Promise<boolean> {
  return (await stat(real).catch(() => undefined)) !== undefined;
}

async function openFile(path: string, roots: readonly string[], signal?: AbortSignal): Promise<StoredBytes> {
  const { handle, real, sizeBytes } = await openRegular(path, roots);
  const stream = createReadStream(real, { fd: handle.fd, highWaterMark: READ_BYTES, ...(signal && { signal }) });
  return { stream, sizeBytes };
}

async function openFileRanges(path: string, roots: readonly string[]): Promise<StoredRanges> {
  const { handle, sizeBytes } = await openRegular(path, roots);
  let closing: Promise<void> | undefined;
  return {
    sizeBytes,
    async read(start, end = sizeBytes) {
      const bytes = new ArrayBuffer(end - start);
      let length = 0;
      while (length < bytes.byteLength) {
        const left = new Uint8Array(bytes, length);
        const bytesRead = await handle.read(left, start + length).catch((cause) => {
          throw fileError(cause, path);
        });
        if (bytesRead === 0) {
          throw new AppError('location_unavailable', `"${path}" became shorter while it was read: start again.`);
        }
        length += bytesRead;
      }
      return bytes;
    },
    close: () => {
      closing ??= handle.close();
      return closing;
    },
  };
}

async function openRegular(
  path: string,
  roots: readonly string[],
): Promise<{ handle: Descriptor; real: string; sizeBytes: number }> {
  // Asked by name first: opening a device or a FIFO may already have an effect.
  const named = await allowedPath(path, roots);
  refuseIrregular(await stat(named).catch(rethrowFor(path, named)), path);
  const { handle, real } = await openInside(path, roots).catch(rethrowFor(path, named));
  try {
    const found = await handle.stat();
    refuseIrregular(found, path);
    return { handle, real, sizeBytes: found.size };
  } catch (fault) {
    await handle.close();
    throw fault;
  }
}

function refuseIrregular(found: Stats, path: string): void {
  if (found.isDirectory()) throw new AppError('not_a_table', `"${path}" is a folder: name a file in it.`);
  if (!found.isFile()) throw new AppError('not_a_table', `"${path}" is not a regular file: copy its content into one.`);
  if (found.size === 0) throw new AppError('file_empty', `"${path}" is empty: it needs a header and rows.`);
}

function rethrowFor(path: string, real: string): (cause: unknown) => Promise<never> {
  return async (cause) => {
    throw await openingError(cause, { path, real });
  };
}
