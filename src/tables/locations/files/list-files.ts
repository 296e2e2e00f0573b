import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { AppError } from '../../../base/errors.ts';
import { byName, isPattern, MAX_FILES, patternMatcher, splitPattern } from '../pattern.ts';
import { allowedPath } from './allowed-path.ts';

/** A file of a folder or pattern. `name` is its path below their common folder, with `/` between its parts. */
export interface ListedFile {
  name: string;
  path: string;
}

/**
 * The files of a folder or a pattern, sorted by name; undefined when the path is neither. Hidden files are left out,
 * and folders that are links are not entered. Of a folder, only files that `isTable` accepts are listed.
 * @param path absolute
 * @throws AppError `file_not_allowed`, `file_not_found` when there is none
 */
export async function listFiles(
  path: string,
  roots: readonly string[],
  isTable: (name: string) => boolean,
): Promise<ListedFile[] | undefined> {
  const real = await allowedPath(path, roots);
  const found = await stat(real).catch(() => undefined);
  if (found?.isDirectory()) {
    const files = (await filesBelow(path, roots, { deep: false })).filter(({ name }) => isTable(name));
    if (files.length === 0) throw new AppError('file_not_found', `The folder "${path}" holds no table.`);
    return files;
  }
  if (found !== undefined || !isPattern(path)) return undefined;
  const { base, rest } = splitPattern(path);
  if (rest.split('/').includes('..')) {
    throw new AppError('uri_invalid', `"${path}" has ".." after a wildcard: name the folder itself.`);
  }
  const matches = patternMatcher(rest);
  const files = (await filesBelow(base, roots, { deep: rest.includes('/') })).filter(({ name }) => matches(name));
  if (files.length === 0) throw new AppError('file_not_found', `No file matches "${path}": check the pattern.`);
  return files;
}

async function filesBelow(
  folder: string,
  roots: readonly string[],
  { deep }: { deep: boolean },
): Promise<ListedFile[]> {
  const real = await allowedPath(folder, roots);
  const entries = await readdir(real, { recursive: deep, withFileTypes: true }).catch(
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return [];
      throw new AppError('file_not_found', `The folder "${folder}" can't be read: ${cause.message}.`, { cause });
    },
  );
  const files: ListedFile[] = [];
  for (const entry of entries) {
    const name = relative(real, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (name.startsWith('.') || name.includes('/.')) continue;
    const isFile = entry.isSymbolicLink()
      ? await stat(join(real, name)).then(
          (target) => target.isFile(),
          () => false,
        )
      : entry.isFile();
    if (isFile) files.push({ name, path: join(folder, name) });
  }
  if (files.length > MAX_FILES) {
    throw new AppError(
      'uri_invalid',
      `"${folder}" holds ${files.length} files; at most ${MAX_FILES} can be one table.`,
    );
  }
  return files.sort(byName);
}
