import { basename } from 'node:path';
import { AppError } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { RowRecord } from '../../storage/rows.ts';
import type { StoredType } from '../../tables/cell.ts';
import { UnfitCell, type WrittenStyle } from '../../tables/row-writer.ts';
import type { RunnerDeps } from '../deps.ts';
import { outputTypes } from './output-types.ts';
import { layoutOf, outputHeader, outputRows, planOf } from './results.ts';

/** The options of writing a batch's table. */
interface AggregateOptions {
  deps: RunnerDeps;
  style: WrittenStyle;
  /** Whether tables that exist may be replaced; `own`: unless they are tables of another batch. */
  overwrite: boolean | 'own';
  signal?: AbortSignal;
  /** Called before the table becomes visible; a rejection prevents that. */
  beforeCommit?: () => Promise<void>;
  /** Called with every row as it is written. */
  onRow?: (row: RowRecord) => void;
  /** Where no table is written, `onRow` needs only rows with this text: the others need not be read. */
  seen?: { text: string };
}

/** Rows that are looked at together where no table is written. */
const SEEN_ROWS = 1_000;

/**
 * AggregateResults: writes the table of a batch, every source row once and in order. The table becomes visible only
 * when it is complete. A URI that ends in `/` gets one table for each file of the source, with the same name: the
 * tables appear one after the other, each of them complete.
 */
export async function aggregateResults(
  batch: BatchRecord,
  uri: string,
  options: AggregateOptions,
): Promise<{ uri: string; bytes: number }> {
  if (options.deps.tables.writerKind(uri) === 'records') return seeRows(batch, uri, options);
  const written = [];
  for (const file of filesOf(batch, uri)) written.push(await writeTable(batch, file, options));
  const [only] = written;
  if (only !== undefined && !uri.endsWith('/')) return only;
  return { uri, bytes: written.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Calls `onRow` only: the records were written as their rows ended. */
async function seeRows(
  batch: BatchRecord,
  uri: string,
  { deps, onRow, seen }: AggregateOptions,
): Promise<{ uri: string; bytes: number }> {
  for (let fromRow = 0; onRow !== undefined && fromRow < batch.totals.rows; fromRow += SEEN_ROWS) {
    const rows =
      seen === undefined
        ? await deps.store.readRows(batch.id, { fromRow, limit: SEEN_ROWS })
        : await deps.store.readRowsWith(batch.id, { ...seen, fromRow, toRow: fromRow + SEEN_ROWS });
    rows.forEach(onRow);
  }
  return { uri, bytes: 0 };
}

interface OutputFile {
  uri: string;
  fromRow: number;
  toRow: number;
}

function filesOf(batch: BatchRecord, uri: string): OutputFile[] {
  if (!uri.endsWith('/')) return [{ uri, fromRow: 0, toRow: Number.POSITIVE_INFINITY }];
  const { parts, request } = planOf(batch);
  let fromRow = 0;
  return (parts ?? [{ name: nameOf(request.csv_uri), rows: batch.totals.rows }]).map(({ name, rows }) => {
    const file = { uri: `${uri}${name}`, fromRow, toRow: fromRow + rows };
    fromRow = file.toRow;
    return file;
  });
}

/** The name of the only file of a source. */
function nameOf(uri: string): string {
  return basename(/^https?:/i.test(uri) ? new URL(uri).pathname : uri);
}

/** Writes one table. A column of numbers becomes text where the format can't hold one of them exactly. */
async function writeTable(
  batch: BatchRecord,
  file: OutputFile,
  options: AggregateOptions,
): Promise<{ uri: string; bytes: number }> {
  const types = outputTypes(planOf(batch), batch.columns ?? [], layoutOf(batch));
  let seen = -1;
  const onRow = (row: RowRecord) => {
    if (row.row > seen) options.onRow?.(row);
    seen = Math.max(seen, row.row);
  };
  while (true) {
    try {
      return await writeTyped(batch, file, { ...options, onRow, types });
    } catch (thrown) {
      const cause = thrown instanceof AppError ? thrown.cause : undefined;
      if (!(cause instanceof UnfitCell) || !['integer', 'number'].includes(String(types[cause.column]))) throw thrown;
      types[cause.column] = 'string';
    }
  }
}

async function writeTyped(
  batch: BatchRecord,
  { uri, ...range }: OutputFile,
  options: AggregateOptions & { types: readonly StoredType[] },
): Promise<{ uri: string; bytes: number }> {
  const { deps, style, overwrite, signal, onRow, types } = options;
  const writer = await deps.tables.openWriter(uri, outputHeader(batch), {
    ...{ ...style, types, overwrite },
    batchId: batch.id,
  });
  if (writer.kind !== 'table') throw new AppError('internal', `${uri} does not accept a table.`);
  try {
    for await (const rows of outputRows(batch, deps.store, { ...range, ...(onRow && { onRow }) })) {
      signal?.throwIfAborted();
      await writer.write(rows);
    }
    await options.beforeCommit?.();
    return await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
