import { randomBytes } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { access, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AppError } from '../../../base/errors.ts';
import { isMarkAlive, processMark } from '../../../base/process/process-identity.ts';
import { appeared } from '../appeared.ts';
import { openDescriptor } from '../descriptor.ts';
import type { PendingBytes, WriteMode } from '../location.ts';
import { allowedPath } from './allowed-path.ts';
import { fileError } from './file-error.ts';
import { hasSameBytes } from './has-same-bytes.ts';
import { type FolderInside, openFolderInside } from './open-inside.ts';

const WRITE_BYTES = 128 * 1024;

/** @throws AppError when no file can be written at the path */
export async function checkFolder(real: string, path: string): Promise<void> {
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
/**
 * Writes to a hidden file in the destination's folder. The folder is opened once, and both names are used inside it: a
 * link that takes the folder's place leads nothing elsewhere. `rename` and `link` within one folder are atomic.
 */
export async function createPendingFile(
  path: string,
  roots: readonly string[],
  { replace }: WriteMode,
): Promise<PendingBytes> {
  const real = await allowedPath(path, roots);
  await checkFolder(real, path);
  const name = basename(real);
  const hidden = `${hiddenPrefix(name)}${processMark()}.${randomBytes(6).toString('hex')}.part`;
  let folder: FolderInside | undefined;
  try {
    await mkdir(dirname(real), { recursive: true });
    folder = await openFolderInside(dirname(real), roots);
    await removeStale(folder, name);
    const { fd } = await openDescriptor(folder.at(hidden), 'wx');
    // `flush` is fsync before close: after the rename, the name always refers to the whole table.
    const stream = createWriteStream(hidden, { fd, flush: true, highWaterMark: WRITE_BYTES });
    let failure: unknown;
    stream.on('error', (fault) => {
      failure = fault;
    });
    const closed = new Promise<void>((done) => stream.once('close', done));
    const place = { folder, hidden, name, path };
    // The number of a closed folder may be another file's by then.
    let isClosed = false;
    const closeFolder = async () => {
      isClosed = true;
      await place.folder.handle.close();
    };
    return {
      stream,
      faultOf: (cause) => fileError(cause, path),
      commit: async () => {
        // 'finish' comes before fsync and close, which may also fail.
        await closed;
        try {
          if (failure !== undefined) throw failure;
          await (replace ? rename(place.folder.at(hidden), place.folder.at(name)) : nameOnce(place));
          await place.folder.handle.sync();
          await closeFolder();
        } catch (cause) {
          throw fileError(cause, path);
        }
      },
      abort: async () => {
        stream.destroy();
        await closed;
        if (isClosed) return;
        await rm(place.folder.at(hidden), { force: true });
        await closeFolder();
      },
    };
  } catch (cause) {
    await folder?.handle.close();
    throw fileError(cause, path);
  }
}

/** The two names of a table in its folder; `path` is for messages. */
interface PendingPlace {
  folder: FolderInside;
  hidden: string;
  name: string;
  path: string;
}

/**
 * Gives the table its name, unless another file has it. A file with the same bytes is the table itself: a process that
 * died after this step writes the table again.
 */
async function nameOnce({ folder, hidden, name, path }: PendingPlace): Promise<void> {
  const [from, to] = [folder.at(hidden), folder.at(name)];
  try {
    await link(from, to);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') {
      if (!(await hasSameBytes(from, to))) throw appeared(path);
    } else if (NO_LINKS.has(code)) return nameWithoutLink(from, to, path);
    else throw cause;
  }
  await rm(from);
}

/** Errors of file systems without hard links. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Reserves the name by an empty file, then replaces that file. */
async function nameWithoutLink(from: string, to: string, path: string): Promise<void> {
  const reserved = await open(to, 'wx').catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'EEXIST' ? appeared(path) : cause;
  });
  await reserved.close();
  await rename(from, to);
}

/** Prefix of the names of temporary files for `name`. A name has at most 255 bytes, and the rest of it takes 65. */
function hiddenPrefix(name: string): string {
  return `.${new TextDecoder().decode(Buffer.from(name).subarray(0, 180), { stream: true })}.`;
}

/** A temporary file of a process on another host counts as abandoned after this time without a write. */
const ABANDONED_MS = 86_400_000;

/** Removes temporary files that killed processes left for the same table. */
async function removeStale(folder: FolderInside, table: string): Promise<void> {
  const prefix = hiddenPrefix(table);
  // A folder may be writable but not listable: that is no reason to fail.
  const names = await readdir(folder.at('')).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(prefix) || !name.endsWith('.part')) continue;
    const [mark = ''] = name.slice(prefix.length).split('.');
    const path = folder.at(name);
    if (await isAbandoned(path, mark)) await rm(path, { force: true });
  }
}

async function isAbandoned(path: string, mark: string): Promise<boolean> {
  const alive = isMarkAlive(mark);
  if (alive !== 'unknown') return !alive;
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS;
}
