import { readFile } from 'node:fs/promises';
import { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/json/exact-number.ts';

/**
 * The text of a file of this machine that an argument names.
 * @param named the argument, for the fault
 * @throws AppError `file_not_found`
 */
export async function textFile(path: string, named = path): Promise<string> {
  return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('file_not_found', `${named} can not be read: ${cause.code ?? 'unknown'}.`, { cause });
  });
}

/** The value in such a file. @throws AppError `file_not_found`, `invalid_arguments` */
export async function jsonFile(path: string, named = path): Promise<unknown> {
  const text = await textFile(path, named);
  try {
    return parseJson(text);
  } catch (cause) {
    throw new AppError('invalid_arguments', `${named} is not valid JSON.`, { cause });
  }
}
