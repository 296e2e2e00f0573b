import { AppError } from '../../base/errors.ts';
import type { Cell, StoredType } from '../cell.ts';
import type { Reading } from '../reading.ts';
import type { SnapshotSource, SourcePart, SourceRow, TableWarning } from '../row-source.ts';
import { commonReading, type FileReading, readingDifferences } from './common-reading.ts';

/** One file of a source of several files. `open` may be called more than once. */
export interface PartFile extends SourcePart {
  open(signal?: AbortSignal): Promise<SnapshotSource>;
}

/**
 * Opens several files as one table, in their order. All files have the same columns, in any order; only JSONL and JSON files may
 * add columns (first-seen order). All headers are read first, so that a fault is known before any row is read.
 * @throws AppError `not_a_table` that names the file whose columns differ
 */
export async function openManySource(uri: string, files: PartFile[], signal?: AbortSignal): Promise<SnapshotSource> {
  const first = await heads(uri, files, signal);
  const columns = [...first.columns];
  const warnings: TableWarning[] = [...first.warnings];
  let open: SnapshotSource | undefined;
  return {
    uri,
    format: first.format,
    loads: 'before-running',
    total: first.total,
    sizeBytes: first.sizeBytes,
    ...(first.types === undefined ? {} : { types: () => [...(first.types ?? [])] }),
    columns: () => [...columns],
    readAs: () => first.reading,
    suggested: () => first.suggested,
    warnings: () => [...warnings],
    parts: () => files.map(({ name, uri: place }) => ({ name, uri: place })),
    async *rows(wanted) {
      for (const [part, file] of files.entries()) {
        open = await file.open(wanted);
        try {
          for await (const rows of open.rows(wanted)) {
            const places = placesOf(open.columns(), columns);
            yield rows.map((row) => toRow(row, part, { places, width: columns.length }));
          }
        } finally {
          warnings.push(...open.warnings().map((warning) => inFile(warning, file.name)));
          await open.close();
        }
      }
    },
    close: async () => open?.close(),
  };
}

interface Heads extends Pick<SnapshotSource, 'format' | 'sizeBytes' | 'total'> {
  columns: string[];
  types: StoredType[] | undefined;
}

/** The heads of all files as one, and how the files are read. */
interface AllHeads extends Heads {
  reading: Reading;
  /** What the first file that shows something suggests. */
  suggested: Reading;
  warnings: TableWarning[];
}

async function heads(uri: string, files: PartFile[], signal?: AbortSignal): Promise<AllHeads> {
  let all: Heads | undefined;
  const readings: FileReading[] = [];
  let suggested: Reading = {};
  for (const file of files) {
    const source = await file.open(signal);
    const { format, sizeBytes, total } = source;
    const head = { format, sizeBytes, total, columns: source.columns(), types: source.types?.() };
    readings.push({ name: file.name, reading: source.readAs?.() ?? {} });
    if (Object.keys(suggested).length === 0) suggested = source.suggested?.() ?? {};
    await source.close();
    all =
      all === undefined
        ? head
        : joined(all, head, { file, uri, isOpen: format.name === 'jsonl' || format.name === 'json' });
  }
  if (all === undefined) throw new AppError('file_not_found', `${uri} names no file.`);
  return { ...all, reading: commonReading(readings), suggested, warnings: readingDifferences(readings) };
}

function joined(
  all: Heads,
  head: Heads,
  { file, uri, isOpen }: { file: PartFile; uri: string; isOpen: boolean },
): Heads {
  const missing = all.columns.filter((column) => !head.columns.includes(column));
  const added = head.columns.filter((column) => !all.columns.includes(column));
  if (!isOpen && missing.length + added.length > 0) {
    const what = [...missing.map((name) => `"${name}" is missing`), ...added.map((name) => `"${name}" is new`)];
    throw new AppError(
      'not_a_table',
      `${uri} is not one table: in ${file.uri} the columns differ from the first file's (${what.slice(0, 10).join(', ')}).`,
    );
  }
  return {
    format: all.format,
    sizeBytes: sum(all.sizeBytes, head.sizeBytes),
    total: sum(all.total ?? undefined, head.total ?? undefined) ?? null,
    columns: [...all.columns, ...added],
    types: all.types && head.types && all.columns.map((column, index) => commonType(all, head, { column, index })),
  };
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

/** The type of both, or else a type that holds the cells of both. */
function commonType(all: Heads, head: Heads, { column, index }: { column: string; index: number }): StoredType {
  const [a, b] = [all.types?.[index], head.types?.[head.columns.indexOf(column)]];
  if (a !== undefined && JSON.stringify(a) === JSON.stringify(b)) return a;
  return 'string';
}

/** For each of a file's columns, its index in the whole table; new columns are added at the end. */
function placesOf(own: string[], columns: string[]): number[] {
  return own.map((column) => {
    const place = columns.indexOf(column);
    return place === -1 ? columns.push(column) - 1 : place;
  });
}

function toRow(row: SourceRow, part: number, { places, width }: { places: number[]; width: number }): SourceRow {
  const cells: Cell[] = new Array(width).fill(null);
  for (const [index, cell] of row.cells.entries()) cells[places[index] ?? index] = cell;
  return { ...row, part, cells };
}

function inFile(warning: TableWarning, name: string): TableWarning {
  return { ...warning, message: `${name}: ${warning.message}` };
}
