import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { AppError } from '../../../base/errors.ts';

/**
 * The real path of `path`, after all symlinks, if it is inside one of `roots`. A path that does not exist yet is
 * checked by its nearest existing parent. A broken link is refused.
 * @param path absolute
 * @throws AppError `file_not_allowed`
 */
export async function allowedPath(path: string, roots: readonly string[]): Promise<string> {
  const real = await realPathOf(resolve(path));
  if (await isInside(real, roots)) return real;
  throw outsideError({ path, real }, roots);
}

/** Folders of the system that hold no tables: processes and their environments, with keys. */
const OF_THE_SYSTEM = ['/proc', '/sys'];

/** Whether a real path is inside one of `roots`. `/proc` and `/sys` are not inside a folder above them. */
export async function isInside(real: string, roots: readonly string[]): Promise<boolean> {
  const system = OF_THE_SYSTEM.find((folder) => isWithin(real, folder));
  for (const root of roots) {
    const realRoot = await realpath(resolve(root)).catch(() => resolve(root));
    if (isWithin(real, realRoot) && (system === undefined || isWithin(realRoot, system))) return true;
  }
  return false;
}

/** The error for a path that leads outside of `roots`. */
export function outsideError({ path, real }: { path: string; real: string }, roots: readonly string[]): AppError {
  const where = real === path ? `"${path}"` : `"${path}" (real path "${real}")`;
  return new AppError(
    'file_not_allowed',
    `${where} is outside the allowed folders (${roots.join(', ')}); move the file there, or add its folder to ROWMILL_FILES.`,
  );
}

function isWithin(path: string, root: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !way.startsWith(sep));
}

async function realPathOf(path: string): Promise<string> {
  const missing: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    try {
      return join(await realpath(at), ...missing);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      if (code === 'ELOOP') throw new AppError('file_not_allowed', `"${at}" is a link to itself.`, { cause });
      if (code === 'EACCES') throw new AppError('location_denied', `"${at}" can't be read by this user.`, { cause });
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cause;
      if (await exists(at)) {
        throw new AppError('file_not_allowed', `"${at}" is a link to a place that does not exist.`, { cause });
      }
      if (at === dirname(at)) throw cause;
      missing.unshift(at.slice(dirname(at).length).replace(/^[/\\]/, ''));
    }
  }
}

/** Whether the path is a symbolic link, for a path that can't be resolved: then the link is broken. */
async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}
