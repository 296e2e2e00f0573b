import { AppError } from '../../base/errors.ts';
import { DEFAULT_MAX_DECODED_BYTES } from '../formats/decoded-limit.ts';
import { limitEmptyCells } from '../formats/empty-cells-limit.ts';
import { formatOfName, writtenFormat } from '../formats/format.ts';
import { checkStyle } from '../formats/written-style.ts';
import { MAX_SHEET_ROWS, tooManyRows } from '../formats/xlsx/sheet-limits.ts';
import type { RowSource } from '../row-source.ts';
import type { OpenOptions } from '../table.ts';
import type { ListedLocation, Location } from './location.ts';
import type { Asked, LocationKind, WriterCheck } from './location-kind.ts';
import { readingWithSheet, splitSheet } from './sheet-uri.ts';
import {
  leftOutWarning,
  NONE_WRITTEN,
  otherWriter,
  recordingWriter,
  type WrittenTables,
  withoutWritten,
} from './written-tables.ts';

/** Places that hold bytes under names; tables are stored there in file formats. */
export interface ByteStore
  extends Pick<LocationKind, 'schemes' | 'example' | 'credentials' | 'absolute' | 'readBytes' | 'close'> {
  locate(asked: Asked): Promise<Location>;
  /**
   * The files of a folder or pattern, in order; undefined when the URI is neither.
   * @param isTable whether a file of that name is a table
   */
  list(asked: Asked, isTable: (name: string) => boolean): Promise<ListedLocation[] | undefined>;
}

/**
 * Tables in files of every format, as one kind of places. A folder or a pattern is one table of several files.
 * @param options.around wraps every location, for tests
 * @param options.maxDecodedBytes the largest size that a compressed file may decode to
 * @param options.written the tables that Rowmill wrote, which folders and patterns leave out
 */
export function createByteLocations(
  store: ByteStore,
  {
    around = (location) => location,
    maxDecodedBytes = DEFAULT_MAX_DECODED_BYTES,
    written = NONE_WRITTEN,
  }: { around?: (location: Location) => Location; maxDecodedBytes?: number; written?: WrittenTables } = {},
): LocationKind {
  const locate = async (asked: Asked) => around(await store.locate(asked));
  const list = async (asked: Asked) => {
    const files = await store.list(asked, isTableName);
    return files === undefined ? undefined : withoutWritten(files, written, asked.uri);
  };

  async function openSource(asked: Asked, options: OpenOptions): Promise<RowSource> {
    return limitEmptyCells(await openFiles(asked, options), maxDecodedBytes);
  }

  async function openFiles(given: Asked, { signal, ...options }: OpenOptions): Promise<RowSource> {
    const { uri, sheet } = splitSheet(given.uri);
    const asked = { ...given, uri };
    const reading = readingWithSheet(options.reading ?? {}, sheet);
    // The formats are loaded late: an MCP server must answer long before it opens a table.
    const { openSource: open } = await import('../formats/open-source.ts');
    const listed = await list(asked);
    if (listed === undefined) return open(await locate(asked), { signal, reading, maxDecodedBytes });
    const { files, leftOut } = listed;
    const { openManySource } = await import('../formats/many-source.ts');
    const parts = files.map(({ name, location }) => ({
      name,
      uri: location.uri,
      open: (given?: AbortSignal) => open(location, { signal: given, reading, maxDecodedBytes }),
    }));
    const source = await openManySource(store.absolute(asked.uri), parts, signal);
    if (leftOut.length === 0) return source;
    const warning = { code: 'results_left_out', message: leftOutWarning(leftOut), count: leftOut.length } as const;
    return { ...source, warnings: () => [warning, ...source.warnings()] };
  }

  return {
    ...store,
    writes: 'table',
    absolute(given) {
      const { uri, sheet } = splitSheet(given);
      return sheet === undefined ? store.absolute(uri) : `${store.absolute(uri)}#${sheet}`;
    },
    openSource,
    async readPlaces(given) {
      const { uri, sheet } = splitSheet(given.uri);
      const asked = { ...given, uri };
      const listed = await list(asked);
      const one = async (location: Location, name = location.fileName) => ({
        identity: await location.identity(),
        ...{ name, uri: sheet === undefined ? location.uri : `${location.uri}#${sheet}` },
      });
      if (listed === undefined) return [await one(await locate(asked))];
      return Promise.all(listed.files.map(({ name, location }) => one(location, name)));
    },
    async openWriter(asked, { columns, ...options }) {
      const { openTableWriter } = await import('../formats/open-table-writer.ts');
      const location = await locate(asked);
      const { batchId, overwrite = false } = options;
      const mayReplace = overwrite !== false && (await otherWriter(location, options, written)) === undefined;
      return recordingWriter(location, { written, batchId }, () =>
        openTableWriter(location, columns, { ...options, overwrite: mayReplace }),
      );
    },
    checkWriter: async (asked, options) => {
      const location = await locate(asked);
      await checkWriter(location, options);
      const other = await otherWriter(location, options, written);
      if (other === undefined || !(await location.exists())) return;
      throw new AppError(
        'output_exists',
        `"${location.uri}" is the table of ${other} now, and is not replaced. Move it away first.`,
      );
    },
  };
}

async function checkWriter(location: Location, { taken, overwrite, style, rows = 0 }: WriterCheck): Promise<void> {
  const { uri } = location;
  checkStyle(location.fileName, style, uri);
  const { format } = writtenFormat(location.fileName, uri);
  if (format === 'xlsx' && rows > MAX_SHEET_ROWS) throw tooManyRows(uri);
  if (taken.has(await location.identity())) {
    throw new AppError('output_is_source', `The output ${uri} is the source: give it another name.`);
  }
  await location.checkWrite();
  if (overwrite !== false || !(await location.exists())) return;
  throw new AppError(
    'output_exists',
    `"${uri}" exists already. Choose another --out (output_uri), or give --overwrite (options.overwrite).`,
  );
}

/** Whether a file of a folder is a table, by its name. */
export function isTableName(name: string): boolean {
  // While a workbook is open, Excel keeps a lock file beside it: ~$book.xlsx.
  if (/(^|\/)~\$[^/]*$/.test(name)) return false;
  return formatOfName(name).format !== undefined;
}
