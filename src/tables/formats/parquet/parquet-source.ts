import {
  type AsyncBuffer,
  type DecodedArray,
  type FileMetaData,
  type ParquetScan,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
} from 'hyparquet';
import { AppError } from '../../../base/errors.ts';
import type { StoredRanges } from '../../locations/location.ts';
import type { SnapshotSource, SourceRow } from '../../row-source.ts';
import { checkColumnCount } from '../column-limit.ts';
import { MAX_RECORD_BYTES } from '../csv/csv-framing.ts';
import { uniqueNames } from '../csv/header.ts';
import { createDecodedLimit, type DecodedLimit } from '../decoded-limit.ts';
import { describeFormat } from '../format.ts';
import { inPages, sizeOfCells } from '../pages.ts';
import { cellText } from '../row-text.ts';
import type { RangedLocation } from '../spooled-location.ts';
import { MAX_TEXT_BYTES } from '../text.ts';
import { boundedCompressors } from './bounded-compressors.ts';
import { columnTypeOf } from './column-type.ts';
import { type CellReader, cellReader, EXACT_PARSERS, withoutLossyTypes } from './read-cells.ts';

/** Rows decoded together, if the file has an index that allows reading less than a row group. */
const ROWS_PER_READ = 50_000;
/** Cells of a part that is decoded together: they and their array take about 1 GB. */
const MAX_CELLS_PER_READ = 64_000_000;

/**
 * Opens a Parquet file: reads its footer, but not its rows. Memory is that of a row group, or of 50,000 rows if the
 * file has offset indexes. A row's `line` is its number, from 1.
 */
export async function openParquetSource(
  location: RangedLocation,
  { maxDecodedBytes, signal }: { maxDecodedBytes: number; signal: AbortSignal | undefined },
): Promise<SnapshotSource> {
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
    checkColumnCount(names.length, location.uri);
    const { columns, warnings } = uniqueNames(names);
    const readers = trees.map(cellReader);
    const types = trees.map(columnTypeOf);
    const plain = { ...metadata, schema: metadata.schema.map(withoutLossyTypes) };
    const pages = createDecodedLimit(maxDecodedBytes, location.uri);
    const { compressors, startColumn } = boundedCompressors(pages, location.uri);
    const options = { compressors, utf8: false, ...OPTIONS };
    const scan = await guard(() => parquetScan({ file, metadata: plain, ...options }));
    const limit = createDecodedLimit(maxDecodedBytes, location.uri);
    return {
      uri: location.uri,
      format: describeFormat('parquet', {}),
      loads: 'before-running',
      sizeBytes: ranges.sizeBytes,
      total: Number(metadata.num_rows),
      columns: () => [...columns],
      types: () => [...types],
      warnings: () => [...warnings],
      rows: (wanted) =>
        readRows({ scan, metadata, names, readers, ranges, limit, startColumn, uri: location.uri }, wanted),
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
  limit: DecodedLimit;
  startColumn(): void;
  uri: string;
}

async function* readRows(reading: Reading, signal?: AbortSignal): AsyncGenerator<SourceRow[]> {
  const { uri, names, limit } = reading;
  const guard = guardOf(uri);
  const check = () => {
    if (signal?.aborted) throw new AppError('aborted', `Reading ${uri} was cancelled.`);
  };
  try {
    for (const { rowStart, rowEnd } of readsOf(reading)) {
      if ((rowEnd - rowStart) * names.length > MAX_CELLS_PER_READ) throw groupTooLarge(uri, rowEnd - rowStart);
      const data: DecodedArray[] = [];
      // One column after the other: the bytes of each are released after decoding.
      for (const column of names) {
        check();
        reading.startColumn();
        const decoded = await guard(() => reading.scan.readColumn({ column, rowStart, rowEnd }));
        limit.count(charactersOf(decoded));
        data.push(decoded);
      }
      for await (const page of inPages(rowsOf(data, reading.readers, { rowStart, rowEnd }))) {
        check();
        yield page;
      }
    }
  } finally {
    await reading.ranges.close();
  }
}

/** Characters of texts: a dictionary may hold a long text once for many rows. */
function charactersOf(data: DecodedArray): number {
  let sum = 0;
  for (const value of data) if (typeof value === 'string') sum += value.length;
  return sum;
}

function groupTooLarge(uri: string, rows: number): AppError {
  const text = `${uri} has a row group of ${rows.toLocaleString('en-US')} rows, which is too large to decode`;
  return new AppError('table_too_large', `${text}: write the file again with smaller row groups.`);
}

function* rowsOf(
  data: DecodedArray[],
  readers: CellReader[],
  { rowStart, rowEnd }: { rowStart: number; rowEnd: number },
): Generator<SourceRow> {
  for (let row = 0; row < rowEnd - rowStart; row += 1) {
    const line = rowStart + row + 1;
    const cells = readers.map((read, column) => read(data[column]?.[row]));
    if (sizeOfCells(cells) <= MAX_RECORD_BYTES) {
      yield { kind: 'record', line, cells };
      continue;
    }
    const text = cells.map(cellText).join('\t').slice(0, MAX_TEXT_BYTES);
    yield { kind: 'malformed', line, reason: 'the row is longer than 1 MiB', text, cells: [] };
  }
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
