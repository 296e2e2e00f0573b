import { opendir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AppError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { fileError } from './files/file-error.ts';

/** Names of a folder that are compared with a missing one. */
const LOOKED_AT_NAMES = 1000;

/**
 * The fault of opening a file. Where there is no such file, it names the one of the folder with the nearest name.
 * @param file.real where the path leads; it is allowed, so its neighbours may be named
 */
export async function openingError(cause: unknown, { path, real }: { path: string; real: string }): Promise<AppError> {
  const fault = fileError(cause, path);
  if (fault.code !== 'file_not_found') return fault;
  const near = nearest(basename(path), await namesIn(dirname(real)));
  return near === undefined
    ? fault
    : new AppError('file_not_found', `There is no file "${path}": did you mean "${near}"?`, { cause });
}

async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(folder)) {
      names.push(name);
      if (names.length >= LOOKED_AT_NAMES) break;
    }
  } catch {
    // A hint is optional: a folder that can't be listed gives none.
  }
  return names;
}
