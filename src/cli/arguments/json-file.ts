import { readFile } from 'node:fs/promises';
import { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/json/exact-number.ts';

/**
 * The value in a JSON file of this machine.
 * @param named the argument that names it, for the fault
 * @throws AppError `file_not_found`, `invalid_arguments`
 */
export async function jsonFile(path: string, named = path): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('file_not_found', `${named} can not be read: ${cause.code ?? 'unknown'}.`, { cause });
  });
  try {
    return parseJson(text);
  } catch (cause) {
    throw new AppError('invalid_arguments', `${named} is not valid JSON.`, { cause });
  }
}
