import { schemeOf } from '../base/addresses/scheme.ts';
import { withoutCredentials } from '../base/addresses/without-credentials.ts';
import { AppError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { checkRecordsStyle } from './formats/written-style.ts';
import { isFolderUri, uriInFolder } from './locations/files/folder-uri.ts';
import type { LocationKind } from './locations/location-kind.ts';
import { splitSheet } from './locations/sheet-uri.ts';
import { resultName } from './result-name.ts';
import type { RowSource } from './row-source.ts';
import type { OpenOptions, Tables } from './table.ts';
import { wellFormedSource } from './well-formed-source.ts';

/** Arguments of {@link createTables}. */
export interface TablesParts {
  /** Folders that file sources and writers may touch. */
  roots: readonly string[];
  /** The available kinds of places; a URI's scheme selects one. */
  locations: readonly LocationKind[];
  log: Log;
}

/** Sources and writers for all registered kinds of places. */
export function createTables(parts: TablesParts): Tables {
  return {
    ...createRootedTables(parts),
    close: async () => {
      for (const kind of parts.locations) await kind.close();
    },
  };
}

function unlessMissing(fault: unknown): undefined {
  if (!(fault instanceof AppError) || fault.code !== 'file_not_found') throw fault;
}

function createRootedTables(parts: TablesParts): Tables {
  const { locations, roots, log } = parts;
  const find = (uri: string): LocationKind => findKind(uri, locations);

  async function open(uri: string, options: OpenOptions): Promise<RowSource> {
    return wellFormedSource(await find(uri).openSource({ uri, roots }, options));
  }

  return {
    roots,
    within: (others) => createRootedTables({ ...parts, roots: others }),
    absolute: (uri) => find(uri).absolute(uri),
    writerKind: (uri) => find(uri).writes,
    openSource: async (uri, options = {}) => {
      const source = await open(uri, options);
      log.debug({ uri: source.uri, format: source.format }, 'table opened');
      return source;
    },
    openWriter: async (uri, columns, options) => find(uri).openWriter({ uri, roots }, { ...options, columns }),
    openStream: async (fileName, columns, options = {}) => {
      const { openStreamedTable } = await import('./formats/stream-table.ts');
      return openStreamedTable(fileName, columns, options);
    },
    checkWriter: async (uri, notOneOf, { overwrite = false, style = {}, rows, batchId } = {}) => {
      const taken = new Set<string>();
      const names: string[] = [];
      for (const other of notOneOf) {
        // A missing source is reported when it is opened.
        const places = await find(other).readPlaces({ uri: other, roots }).catch(unlessMissing);
        for (const { identity, name } of places ?? []) {
          taken.add(identity);
          names.push(name);
        }
      }
      const kind = find(uri);
      if (kind.writes === 'records') checkRecordsStyle(style, uri);
      const targets = isFolderUri(uri) ? names.map((name) => uriInFolder(uri, name)) : [uri];
      for (const target of targets)
        await kind.checkWriter(
          { uri: target, roots },
          {
            taken,
            overwrite,
            style,
            ...(batchId !== undefined && { batchId }),
            ...(rows !== undefined && !isFolderUri(uri) && { rows }),
          },
        );
    },
    freeResult: async (source, { label, folder, except, ...check }) => {
      const [only, ...others] = await find(source).readPlaces({ uri: source, roots });
      const into = folder ?? folderOf(find(source), source, only?.name ?? '');
      if (only === undefined || others.length > 0 || into === undefined) return undefined;
      const writer = { ...check, style: check.style ?? {}, taken: new Set([only.identity]), overwrite: false };
      for (let number = 1; ; number += 1) {
        const name = resultName(only.name, label, number);
        if (name === undefined) return undefined;
        const uri = uriInFolder(into, name);
        try {
          if (except?.has(uri) === true) continue;
          await find(uri).checkWriter({ uri, roots }, writer);
          return uri;
        } catch (fault) {
          const code = fault instanceof AppError ? fault.code : undefined;
          if (code === 'output_exists' || code === 'output_is_source') continue;
          if (folder === undefined && code !== undefined) return undefined;
          throw fault;
        }
      }
    },
    places: (uri) => find(uri).readPlaces({ uri, roots }),
    readBytes: (uri, options) => find(uri).readBytes({ uri, roots }, options),
    profile: async (uri, options = {}) => {
      const source = await open(uri, options);
      const { profileSource } = await import('./profile/profile-source.ts');
      return profileSource(source, options);
    },
    close: async () => undefined,
  };
}

/** The folder of a local file of this name; undefined for a folder, a pattern and every other place. */
function folderOf(kind: LocationKind, source: string, name: string): string | undefined {
  if (!kind.schemes.includes('file')) return undefined;
  const { uri } = splitSheet(kind.absolute(source));
  return uri.endsWith(`/${name}`) ? uri.slice(0, -name.length) : undefined;
}

/** @throws AppError `uri_invalid` when no kind has the URI's scheme, or when the URI contains credentials */
function findKind(uri: string, locations: readonly LocationKind[]): LocationKind {
  const examples = locations.map(({ example }) => example);
  const ways = `${examples.slice(0, -1).join(', ')}${examples.length > 1 ? ' or ' : ''}${examples.at(-1)}`;
  if (uri.trim() === '') throw new AppError('uri_invalid', `The URI is empty: give ${ways}.`);
  if (uri.includes('\0')) throw new AppError('uri_invalid', 'The URI holds a NUL character: remove it.');
  const scheme = schemeOf(uri) ?? 'file';
  const shown = withoutCredentials(uri);
  const kind = locations.find(({ schemes }) => schemes.includes(scheme));
  if (kind === undefined) {
    throw new AppError('uri_invalid', `"${shown}": ${scheme}:// is not supported; use ${ways}.`);
  }
  // A stored URI must be enough to resume after a crash, and credentials are never stored: so a URI may have none.
  if (shown !== uri) {
    const advice = `Leave them out: ${kind.credentials}.`;
    throw new AppError('uri_invalid', `"${shown}" was given with credentials, which would be stored. ${advice}`);
  }
  return kind;
}
