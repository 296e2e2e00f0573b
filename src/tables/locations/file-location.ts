import { randomBytes } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../base/errors.ts';
import { isMarkAlive, processMark } from '../../base/process-identity.ts';
import { allowedPath } from './allowed-path.ts';
import type { Location, PendingBytes, StoredBytes, StoredRanges } from './location.ts';

const READ_BYTES = 128 * 1024;

/** A file on this machine, inside one of `roots`. `path` is absolute. */
export function createFileLocation(path: string, roots: readonly string[]): Location {
  return {
    uri: path,
    fileName: basename(path),
    identity: async () => `file:${await allowedPath(path, roots)}`,
    exists: async () => isThere(await allowedPath(path, roots)),
    openRead: async (signal) => openFile(await allowedPath(path, roots), path, signal),
    openRanges: async () => openFileRanges(await allowedPath(path, roots), path),
    checkWrite: async () => checkFolder(await allowedPath(path, roots), path),
    openWrite: async () => createPendingFile(await allowedPath(path, roots), path),
  };
}

async function isThere(real: string): Promise<boolean> {
  return (await stat(real).catch(() => undefined)) !== undefined;
}

async function openFile(real: string, path: string, signal?: AbortSignal): Promise<StoredBytes> {
  const { handle, sizeBytes } = await openRegular(real, path);
  const stream = createReadStream(real, { fd: handle, highWaterMark: READ_BYTES, ...(signal && { signal }) });
  return { stream, sizeBytes };
}

async function openFileRanges(real: string, path: string): Promise<StoredRanges> {
  const { handle, sizeBytes } = await openRegular(real, path);
  let closing: Promise<void> | undefined;
  return {
    sizeBytes,
    async read(start, end = sizeBytes) {
      const bytes = new ArrayBuffer(end - start);
      let length = 0;
      while (length < bytes.byteLength) {
        const left = new Uint8Array(bytes, length);
        const { bytesRead } = await handle.read(left, 0, left.length, start + length).catch((cause) => {
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

async function openRegular(real: string, path: string): Promise<{ handle: FileHandle; sizeBytes: number }> {
  const found = await stat(real).catch((cause) => {
    throw fileError(cause, path);
  });
  if (found.isDirectory()) throw new AppError('not_a_table', `"${path}" is a folder: name a file in it.`);
  if (!found.isFile()) throw new AppError('not_a_table', `"${path}" is not a regular file: copy its content into one.`);
  if (found.size === 0) throw new AppError('file_empty', `"${path}" is empty: it needs a header and rows.`);
  const handle = await open(real, 'r').catch((cause) => {
    throw fileError(cause, path);
  });
  return { handle, sizeBytes: found.size };
}

async function checkFolder(real: string, path: string): Promise<void> {
  const found = await stat(real).catch(() => undefined);
  if (found?.isDirectory())
    throw new AppError(
      'uri_invalid',
      `"${path}" is a folder: name a file in it for the output, or end it in "/" for one output file per source file.`,
    );
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    const parent = await stat(folder).catch(() => undefined);
    if (parent === undefined && folder !== dirname(folder)) continue;
    if (!parent?.isDirectory()) {
      throw new AppError('uri_invalid', `"${path}" can't be written: "${folder}" is a file, not a folder.`);
    }
    await access(folder, constants.W_OK | constants.X_OK).catch((cause) => {
      throw fileError(cause, path);
    });
    return;
  }
}

/** Writes to a hidden file in the destination's folder; `rename` within one folder is atomic. */
async function createPendingFile(real: string, path: string): Promise<PendingBytes> {
  await checkFolder(real, path);
  const folder = dirname(real);
  const hidden = join(folder, `${hiddenPrefix(real)}${processMark()}.${randomBytes(6).toString('hex')}.part`);
  try {
    await mkdir(folder, { recursive: true });
    await removeStale(real);
    const handle = await open(hidden, 'wx');
    // `flush` is fsync before close: after the rename, the name always refers to the whole table.
    const stream = handle.createWriteStream({ flush: true, highWaterMark: READ_BYTES });
    let failure: unknown;
    stream.on('error', (fault) => {
      failure = fault;
    });
    const closed = new Promise<void>((done) => stream.once('close', done));
    return {
      stream,
      faultOf: (cause) => fileError(cause, path),
      commit: async () => {
        // 'finish' comes before fsync and close, which may also fail.
        await closed;
        if (failure !== undefined) throw fileError(failure, path);
        await rename(hidden, real).catch((cause) => {
          throw fileError(cause, path);
        });
        await syncFolder(folder);
      },
      abort: async () => {
        stream.destroy();
        await closed;
        await rm(hidden, { force: true });
      },
    };
  } catch (cause) {
    throw fileError(cause, path);
  }
}

/** Prefix of the names of temporary files for `real`. A name has at most 255 bytes, and the rest of it takes 65. */
function hiddenPrefix(real: string): string {
  return `.${new TextDecoder().decode(Buffer.from(basename(real)).subarray(0, 180), { stream: true })}.`;
}

/** A temporary file of a process on another host counts as abandoned after this time without a write. */
const ABANDONED_MS = 86_400_000;

/** Removes temporary files that killed processes left for the same table. */
async function removeStale(real: string): Promise<void> {
  const folder = dirname(real);
  const prefix = hiddenPrefix(real);
  // A folder may be writable but not listable: that is no reason to fail.
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith('.part')) continue;
    const [mark = ''] = name.slice(prefix.length).split('.');
    const path = join(folder, name);
    if (await isAbandoned(path, mark)) await rm(path, { force: true });
  }
}

async function isAbandoned(path: string, mark: string): Promise<boolean> {
  const alive = isMarkAlive(mark);
  if (alive !== 'unknown') return !alive;
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Converts a file system's error to an AppError that names the table. */
function fileError(cause: unknown, path: string): AppError {
  if (cause instanceof AppError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new AppError('file_not_found', `There is no file "${path}": check the path.`, { cause });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new AppError('location_denied', `"${path}" can't be used by this user: check its permissions.`, {
        cause,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('location_unavailable', `No space is left for "${path}": free some, then try again.`, {
        cause,
        retryable: true,
      });
    default:
      return new AppError('location_unavailable', `"${path}" can't be used: ${message ?? String(cause)}.`, { cause });
  }
}
