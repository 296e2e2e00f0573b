import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { schemeOf } from '../../base/addresses/scheme.ts';
import { invalid } from './data-uri.ts';

/** A place that a cell names, and the folder of the agent that it is below. */
export interface MediaPlace {
  uri: string;
  below: string;
}

/**
 * The folder of a table: media are looked for there unless the agent names other folders.
 * @param uri of the table, absolute
 * @returns undefined for a table without a folder, such as standard input
 */
export function folderOfTable(uri: string): string | undefined {
  const [plain = ''] = uri.split('#', 1);
  const scheme = schemeOf(plain) ?? 'file';
  if (scheme === 'file') {
    if (plain === '-' || plain === '') return undefined;
    const path = schemeOf(plain) === undefined ? plain : fileURLToPath(plain);
    const fixed = /[*?[{]/.test(path) ? path.slice(0, path.search(/[*?[{]/)) : path;
    return fixed.endsWith('/') ? fixed : `${dirname(fixed)}/`.replace('//', '/');
  }
  if (scheme === 'https' || scheme === 'http') return new URL('.', plain).href.replace(/[?#].*$/s, '');
  if (scheme !== 's3') return undefined;
  const fixed = /[*?[{]/.test(plain) ? plain.slice(0, plain.search(/[*?[{]/)) : plain;
  return fixed.slice(0, fixed.lastIndexOf('/') + 1);
}

/**
 * The place that a cell names. A relative name starts at the first folder.
 * @param folders absolute, each with a slash at its end
 * @throws AppError `input_invalid` for a place that is below none of them
 */
export function placeOf(cell: string, folders: readonly string[]): MediaPlace {
  const name = cell.trim();
  const [first] = folders;
  if (first === undefined) {
    throw invalid(
      "is not a data URI, and its table has no folder; name the folders of the media in the agent's media_from",
    );
  }
  if (name.includes('\0')) throw invalid('holds a NUL character');
  const uri = schemeOf(name) === undefined && !isAbsolute(name) ? joined(first, name) : normalized(name);
  const below = folders.find((folder) => isBelow(uri, folder));
  if (below === undefined) throw invalid(`names a place that is not below ${folders.join(', ')} (media_from)`);
  return { uri, below };
}

function joined(folder: string, name: string): string {
  switch (schemeOf(folder)) {
    case undefined:
      return resolve(folder, name);
    case 's3':
      return folder + name;
    default:
      return normalized(new URL(name.split('/').map(encodeURIComponent).join('/'), folder).href);
  }
}

function normalized(name: string): string {
  const scheme = schemeOf(name);
  if (scheme === undefined) return resolve(name);
  if (scheme === 's3') return `s3://${name.slice('s3://'.length)}`;
  if (!URL.canParse(name)) throw invalid('is not a URL');
  if (scheme === 'file') return fileURLToPath(new URL(name));
  return new URL(name).href;
}

/** Whether a place is below a folder, both in normal form. */
function isBelow(uri: string, folder: string): boolean {
  const scheme = schemeOf(uri);
  if (scheme !== schemeOf(folder)) return false;
  if (scheme === undefined) {
    const way = relative(folder, uri);
    return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  }
  // A server may decode what our comparison does not: encoded slashes and dots are refused.
  const rest = uri.startsWith(folder) ? uri.slice(folder.length) : '';
  if (rest === '' || /%2f|%5c|%2e|\\/i.test(rest)) return false;
  return !rest.split(/[/?#]/).some((step) => step === '.' || step === '..');
}

/** A folder of `media_from` in normal form. @throws AppError `input_invalid` */
export function mediaFolder(folder: string): string {
  const scheme = schemeOf(folder);
  const slashed = folder.endsWith('/') ? folder : `${folder}/`;
  if (scheme === undefined) return slashed;
  if (scheme === 'file') return `${fileURLToPath(slashed).replace(/\/$/, '')}/`;
  return scheme === 's3' ? slashed : new URL(slashed).href;
}
