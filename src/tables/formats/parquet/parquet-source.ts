import {
  type AsyncBuffer,
  type DecodedArray,
  type FileMetaData,
  type ParquetScan,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { AppError } from '../../../base/errors.ts';
import type { Location, StoredRanges } from '../../locations/location.ts';
import type { SnapshotSource, SourceRow } from '../../row-source.ts';
import { uniqueNames } from '../csv/header.ts';
import { describeFormat } from '../format.ts';
import { columnTypeOf } from './column-type.ts';
import { type CellReader, cellReader, EXACT_PARSERS, withoutLossyTypes } from './read-cells.ts';

const ROWS_PER_CHUNK = 500;
/** Rows decoded together, if the file has an index that allows reading less than a row group. */
const ROWS_PER_READ = 50_000;

/**
 * Opens a Parquet file: reads its footer, but not its rows. Memory is that of a row group, or of 50,000 rows if the
 * file has offset indexes. A row's `line` is its number, from 1.
 */
export async function openParquetSource(location: Location, signal?: AbortSignal): Promise<SnapshotSource> {
  const ranges = await location.openRanges(signal);
  const guard = guardOf(location.uri);
  try {
    const file: AsyncBuffer = { byteLength: ranges.sizeBytes, slice: (start, end) => ranges.read(start, end) };
    if (ranges.sizeBytes < MIN_BYTES) throw new AppError('not_a_table', `${location.uri} is too short to be Parquet.`);
    const metadata = await readFooter(file, location.uri);
    const trees = await guard(async () => parquetSchema(metadata).children);
    const names = trees.map(({ element }) => element.name);
    if (new Set(names).size < names.length) {
      throw new AppError('not_a_table', `${location.uri} has two columns of one name: rename one of them.`);
    }
    const { columns, warnings } = uniqueNames(names);
    const readers = trees.map(cellReader);
    const types = trees.map(columnTypeOf);
    const plain = { ...metadata, schema: metadata.schema.map(withoutLossyTypes) };
    const scan = await guard(() => parquetScan({ file, metadata: plain, compressors, utf8: false, ...OPTIONS }));
    return {
      uri: location.uri,
      format: describeFormat('parquet', { gzip: false }),
      loads: 'before-running',
      sizeBytes: ranges.sizeBytes,
      total: Number(metadata.num_rows),
      columns: () => [...columns],
      types: () => [...types],
      warnings: () => [...warnings],
      rows: (wanted) => readRows({ scan, metadata, names, readers, ranges, uri: location.uri }, wanted),
      close: () => ranges.close(),
    };
  } catch (fault) {
    await ranges.close();
    throw fault;
  }
}

const OPTIONS = { parsers: EXACT_PARSERS, geoparquet: false };
/** Two magic numbers and the length of the footer. */
const MIN_BYTES = 12;

/** A truncated or overwritten file can fail in any way, and the reader's own message would not help. */
async function readFooter(file: AsyncBuffer, uri: string): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(file, OPTIONS);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const text = `${uri} is not a whole Parquet file (its footer can't be read): write it again.`;
    throw new AppError('not_a_table', text, { cause });
  }
}

interface Reading {
  scan: ParquetScan;
  metadata: FileMetaData;
  names: string[];
  readers: CellReader[];
  ranges: StoredRanges;
  uri: string;
}

async function* readRows(reading: Reading, signal?: AbortSignal): AsyncGenerator<SourceRow[]> {
  const guard = guardOf(reading.uri);
  let line = 1;
  try {
    for (const { rowStart, rowEnd } of readsOf(reading)) {
      const data: DecodedArray[] = [];
      // One column after the other: the bytes of each are released after decoding.
      for (const column of reading.names) {
        if (signal?.aborted) throw new AppError('aborted', `Reading ${reading.uri} was cancelled.`);
        data.push(await guard(() => reading.scan.readColumn({ column, rowStart, rowEnd })));
      }
      for (let from = 0; from < rowEnd - rowStart; from += ROWS_PER_CHUNK) {
        const count = Math.min(ROWS_PER_CHUNK, rowEnd - rowStart - from);
        yield rowsOf(data, reading.readers, { from, count, line });
        line += count;
      }
    }
  } finally {
    await reading.ranges.close();
  }
}

function rowsOf(
  data: DecodedArray[],
  readers: CellReader[],
  { from, count, line }: { from: number; count: number; line: number },
): SourceRow[] {
  const rows: SourceRow[] = [];
  for (let row = 0; row < count; row += 1) {
    const cells = readers.map((read, column) => read(data[column]?.[from + row]));
    rows.push({ kind: 'record', line: line + row, cells });
  }
  return rows;
}

/** Row groups, split into parts if every column has an offset index. */
function* readsOf({ scan, metadata }: Reading): Generator<{ rowStart: number; rowEnd: number }> {
  const isIndexed = metadata.row_groups.every(({ columns }) =>
    columns.every(({ offset_index_length: length }) => (length ?? 0) > 0),
  );
  for (const { rowStart, rowEnd } of scan.ranges) {
    const step = isIndexed ? ROWS_PER_READ : rowEnd - rowStart;
    for (let at = rowStart; at < rowEnd; at += step) yield { rowStart: at, rowEnd: Math.min(rowEnd, at + step) };
  }
}

/** hyparquet throws plain errors for data that it can't read; the location throws AppErrors. */
function guardOf(uri: string): <T>(work: () => Promise<T>) => Promise<T> {
  return async (work) => {
    try {
      return await work();
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AppError('not_a_table', `${uri} can't be read as Parquet (${reason}): write the file again.`, {
        cause,
      });
    }
  };
}
