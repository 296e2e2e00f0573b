import { once } from 'node:events';
import type { CellValue } from 'hucre/xlsx';
import { AppError } from '../../../base/errors.ts';
import type { Cell } from '../../cell.ts';
import type { Location, PendingBytes } from '../../locations/location.ts';
import type { TableWriter, WriterOptions } from '../../row-writer.ts';
import { writeErrorOf } from '../write-error.ts';
import { createHandOff, type HandOff } from './hand-off.ts';
import { MAX_SHEET_ROWS, tooManyRows } from './sheet-limits.ts';
import { planColumns } from './written-columns.ts';

const MAX_COLUMNS = 16_384;

/** Minimum number of rows that decide about the columns' widths and formats. */
const ROWS_LOOKED_AT = 200;

/**
 * Opens a workbook for writing: one sheet with a frozen header. Numbers, booleans and dates are typed cells; other
 * values are text and never formulas. Memory is constant.
 */
export async function openXlsxWriter(
  location: Location,
  columns: readonly string[],
  { spreadsheetSafe = false, overwrite = false, batchId }: WriterOptions,
): Promise<TableWriter> {
  if (columns.length > MAX_COLUMNS) {
    throw new AppError(
      'output_failed',
      `${location.uri} can't hold ${columns.length} columns: Excel has ${MAX_COLUMNS}.`,
    );
  }
  const pending = await location.openWrite({ replace: overwrite === true, batchId });
  let head: Cell[][] = [];
  let sheet: Sheet | undefined;
  let rows = 0;

  const start = async (): Promise<Sheet> => {
    const started = await startSheet(pending, { columns, head, spreadsheetSafe });
    await started.put(head);
    head = [];
    return started;
  };
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (fault) {
      throw writeErrorOf(pending, fault, location.uri);
    }
  };
  return {
    kind: 'table',
    uri: location.uri,
    write: (given) =>
      guard(async () => {
        rows += given.length;
        if (rows > MAX_SHEET_ROWS) throw tooManyRows(location.uri);
        if (sheet !== undefined) return sheet.put(given);
        head = head.concat(given);
        if (head.length >= ROWS_LOOKED_AT) sheet = await start();
      }),
    commit: () =>
      guard(async () => {
        sheet ??= await start();
        const bytes = await sheet.end();
        await pending.commit();
        return { uri: location.uri, bytes };
      }),
    async abort() {
      sheet?.cancel();
      await pending.abort();
    },
  };
}

interface Sheet {
  put(rows: Cell[][]): Promise<void>;
  /** @returns bytes written to the destination */
  end(): Promise<number>;
  cancel(): void;
}

async function startSheet(
  pending: PendingBytes,
  { columns, head, spreadsheetSafe }: { columns: readonly string[]; head: Cell[][]; spreadsheetSafe: boolean },
): Promise<Sheet> {
  const { writeXlsxStream } = await import('hucre/xlsx');
  const planned = planColumns(columns, head, { spreadsheetSafe });
  const handOff = createHandOff<Cell[][]>();
  const rows = async function* (): AsyncGenerator<CellValue[]> {
    for await (const page of handOff.items()) for (const cells of page) yield planned.valuesOf(cells);
  };
  const stream = writeXlsxStream(rows(), {
    name: 'Results',
    columns: planned.columns,
    freezePane: { rows: 1 },
    maxRowsPerSheet: Number.POSITIVE_INFINITY,
  });
  const pumping = pump(stream, pending, handOff);
  return {
    put: (page) => handOff.put(page),
    end: async () => {
      await handOff.end();
      return pumping;
    },
    cancel: () => handOff.fail(new AppError('aborted', 'Writing was cancelled.')),
  };
}

/** Passes the workbook's bytes to the destination, at the destination's pace. A fault reaches who puts rows. */
function pump(
  stream: ReadableStream<Uint8Array>,
  { stream: out }: PendingBytes,
  handOff: HandOff<Cell[][]>,
): Promise<number> {
  const work = async (): Promise<number> => {
    let bytes = 0;
    const failed = once(out, 'error').then(([fault]) => {
      throw fault;
    });
    failed.catch(() => undefined);
    for await (const chunk of stream) {
      bytes += chunk.length;
      if (!out.write(chunk)) await Promise.race([once(out, 'drain'), failed]);
    }
    const finished = once(out, 'finish');
    out.end();
    await Promise.race([finished, failed]);
    return bytes;
  };
  const pumping = work();
  pumping.catch((fault: unknown) => handOff.fail(fault));
  return pumping;
}
