import { constants } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../base/errors.ts';
import { type Descriptor, openDescriptor } from '../descriptor.ts';
import { allowedPath, isInside, outsideError } from './allowed-path.ts';

/**
 * Flags of every open: a link in the last part of the name fails, and a FIFO or a device without a partner does not
 * block. macOS refuses a link in any part (`O_NOFOLLOW_ANY`, 11 and later; Node has no name for it).
 */
const CAREFUL =
  constants.O_RDONLY |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0) |
  (process.platform === 'darwin' ? 0x2000_0000 : 0);

/** An open file or folder whose real path is inside the allowed folders. */
export interface OpenedInside {
  handle: Descriptor;
  /** The real path under which it was opened. */
  real: string;
}

/**
 * Opens a file or folder for reading, then checks the real path of the open handle: a link that takes the place of a
 * part of the path after the first check leads nowhere.
 * @param path absolute
 * @throws AppError `file_not_allowed`; the file system's own error where it can't be opened
 */
export async function openInside(path: string, roots: readonly string[]): Promise<OpenedInside> {
  const real = await allowedPath(path, roots);
  const handle = await openDescriptor(real, CAREFUL).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ELOOP' ? outsideError({ path, real: 'a link' }, roots) : cause;
  });
  try {
    const now = await pathOfHandle(handle, real);
    if (now === undefined || !(await isInside(now, roots))) {
      throw outsideError({ path, real: now ?? 'another file' }, roots);
    }
    return { handle, real };
  } catch (cause) {
    await handle.close();
    throw cause;
  }
}

/** An open folder inside the allowed folders. */
export interface FolderInside {
  handle: Descriptor;
  /** A path of a file in this very folder, wherever its name leads by now (Linux; elsewhere by its real path). */
  at(name: string): string;
}

/** As {@link openInside}, for a folder in which files will be created. */
export async function openFolderInside(path: string, roots: readonly string[]): Promise<FolderInside> {
  const { handle, real } = await openInside(path, roots);
  const own = `/proc/self/fd/${handle.fd}`;
  const folder = (await readlink(own).catch(() => undefined)) === undefined ? real : own;
  return { handle, at: (name) => join(folder, name) };
}

const DELETED = ' (deleted)';

/** The real path of an open file, from the system; undefined when its name leads to another file by now. */
async function pathOfHandle(handle: Descriptor, real: string): Promise<string | undefined> {
  const known = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
  const own = await handle.stat();
  if (known !== undefined) {
    return own.nlink === 0 && known.endsWith(DELETED) ? known.slice(0, -DELETED.length) : known;
  }
  const named = await lstat(real).catch((cause) => {
    throw new AppError('location_unavailable', `"${real}" changed while it was opened: try again.`, { cause });
  });
  return named.dev === own.dev && named.ino === own.ino ? real : undefined;
}
