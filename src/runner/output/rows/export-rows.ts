import { AppError } from '../../../base/errors.ts';
import type { BatchRecord } from '../../../storage/batches.ts';
import { type ExportQuery, exportQuery } from '../../contract/request/export.ts';
import type { RunnerDeps } from '../../deps.ts';
import { parseRequest } from '../../intake/check-request.ts';
import { outputHeader, storedStatus } from '../results.ts';
import { writtenStyle } from '../written-style.ts';
import { exportColumns } from './export-columns.ts';

/** Rows that are read at once. */
const PAGE = 250;
const EXTENSIONS = { none: '', gzip: '.gz', zstd: '.zst' } as const;

/** An export: a name for its file, and its bytes. */
export interface RowExport {
  fileName: string;
  /** Ends early with a fault when a cell fits no column of its format. Stop reading to end the export. */
  bytes: AsyncGenerator<Uint8Array>;
}

/**
 * The columns of a batch's output table, in order.
 * @throws AppError `batch_state_invalid` before the table is loaded
 */
export function tableColumns(batch: BatchRecord): string[] {
  mustBeLoaded(batch);
  return outputHeader(batch);
}

function mustBeLoaded({ id, columns }: BatchRecord): void {
  if (columns !== null) return;
  throw new AppError('batch_state_invalid', `The batch ${id} has not loaded its table yet.`);
}

/**
 * Streams the rows of a batch in a format, in constant memory; a batch that has not ended gives the results so far.
 * Faults of the query are thrown before the first byte.
 * @throws AppError `batch_state_invalid` before the table is loaded; `column_unknown`, `format_unsupported`
 */
export async function exportRows(
  batch: BatchRecord,
  asked: ExportQuery,
  { store, tables }: Pick<RunnerDeps, 'store' | 'tables'>,
): Promise<RowExport> {
  const { format, compression, rows: scope, columns, metadata, ...given } = parseRequest(exportQuery, asked);
  mustBeLoaded(batch);
  const { names, types, needsInput, cellsOf } = exportColumns(batch, { columns, metadata });
  const { spreadsheet_safe, bom, delimiter } = given;
  const style = writtenStyle({
    ...(spreadsheet_safe !== undefined && { spreadsheet_safe }),
    ...(bom !== undefined && { bom }),
    ...(delimiter !== undefined && { out_delimiter: delimiter }),
  });
  const fileName = `${batch.id}.${format}${EXTENSIONS[compression]}`;
  const { writer, read } = await tables.openStream(fileName, names, { ...style, types });
  const status = scope === 'all' ? {} : { status: storedStatus(scope) };
  async function write(signal: AbortSignal): Promise<void> {
    try {
      for (let fromRow = 0; ; ) {
        const page = await store.readRows(batch.id, { ...status, fromRow, limit: PAGE, withInput: needsInput });
        signal.throwIfAborted();
        if (page.length > 0) await writer.write(page.map(cellsOf));
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) break;
        fromRow = last.row + 1;
      }
      await writer.commit();
    } catch (fault) {
      await writer.abort();
      throw fault;
    }
  }
  return { fileName, bytes: read(write) };
}
