import { AppError } from '../../../base/errors.ts';
import type { Cell } from '../../cell.ts';
import type { StoredRanges } from '../../locations/location.ts';
import type { Reading } from '../../reading.ts';
import type { SnapshotSource, SourceRow, TableWarning } from '../../row-source.ts';
import { numberedColumns, uniqueNames } from '../csv/header.ts';
import type { DecodedLimit } from '../decoded-limit.ts';
import { describeFormat } from '../format.ts';
import { type Findings, headerFindings } from '../header-findings.ts';
import { inPages } from '../pages.ts';
import { cellText } from '../row-text.ts';
import type { RangedLocation } from '../spooled-location.ts';
import { MAX_TEXT_BYTES } from '../text.ts';
import { openZip, type Zip } from './open-zip.ts';
import { columnName, createSheetReader, isShared, type SheetCell, type SheetRow } from './sheet-rows.ts';
import { createSheetWarnings, type SheetWarnings } from './sheet-warnings.ts';
import { chooseSheet, openWorkbook, type Sheet, type Workbook } from './workbook.ts';
import { scanXmlChunks } from './xml-scanner.ts';
import { damaged } from './zip-directory.ts';

/** Rows that are read before the first is handed on, to find out whether there is a header. */
const HEAD_ROWS = 50;

/** How a workbook is opened. */
export interface XlsxOptions {
  /** `sheet`: its name, or its number from 1; without it, the first sheet that is not hidden. */
  reading: Reading;
  limit: DecodedLimit;
  signal: AbortSignal | undefined;
}

/**
 * Opens one sheet of a workbook: its first row with a value is the header. Memory is that of the workbook's shared
 * texts and of a few hundred rows. A row's `line` is its row number in the sheet.
 */
export async function openXlsxSource(location: RangedLocation, options: XlsxOptions): Promise<SnapshotSource> {
  const { uri } = location;
  const { reading: wanted } = options;
  const ranges = await location.openRanges(options.signal);
  try {
    await refuseOtherFiles(ranges, uri);
    const zip = await openZip(ranges, { uri, limit: options.limit });
    const workbook = await guarded(uri, () => openWorkbook(zip, uri, options.signal));
    const sheet = chooseSheet(workbook, wanted.sheet, uri);
    const reading = await guarded(uri, () => startReading({ zip, workbook, sheet, uri }, options));
    return {
      uri,
      format: describeFormat('xlsx', wanted),
      loads: 'before-running',
      sizeBytes: ranges.sizeBytes,
      total: null,
      columns: () => [...reading.columns],
      sheets: () => workbook.sheets.map((one) => ({ name: one.name, isRead: one === sheet })),
      suggested: () => reading.suggested,
      warnings: () => [...sheetWarnings(workbook, sheet, wanted.sheet), ...reading.warnings()],
      rows: (signal) => readRows(reading, ranges, { uri, signal }),
      bytesRead: () => Math.round(reading.share() * ranges.sizeBytes),
      close: async () => {
        await reading.stop();
        await ranges.close();
      },
    };
  } catch (fault) {
    await ranges.close();
    throw fault;
  }
}

async function refuseOtherFiles(ranges: StoredRanges, uri: string): Promise<void> {
  const start = Buffer.from(await ranges.read(0, Math.min(8, ranges.sizeBytes))).toString('latin1');
  if (start.startsWith('PK')) return;
  const what = start.startsWith('\xd0\xcf\x11\xe0')
    ? 'an old Excel workbook, or one with a password: save it as .xlsx without a password'
    : 'no Excel workbook, whatever its name says: give it the extension of its real format';
  throw new AppError('not_a_table', `${uri} is ${what}.`);
}

/** The XML of a workbook is another program's: any fault in it means a file that can't be read. */
async function guarded<T>(uri: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof AppError ? cause : damaged(uri, cause);
  }
}

/** A sheet that is being read; its header has been read. */
interface OpenedSheet {
  columns: string[];
  suggested: Reading;
  warnings(): TableWarning[];
  rows(): AsyncGenerator<SheetRow[]>;
  plain(cells: readonly SheetCell[]): Cell[];
  stop(): Promise<void>;
  found: SheetWarnings;
  limit: DecodedLimit;
  /** The share of the sheet that has been read, from 0 to 1. */
  share(): number;
}

async function startReading(
  { zip, workbook, sheet, uri }: { zip: Zip; workbook: Workbook; sheet: Sheet; uri: string },
  { signal, limit, reading }: XlsxOptions,
): Promise<OpenedSheet> {
  const { header: hasHeader = true, skipLines = 0 } = reading;
  const found = createSheetWarnings();
  let pending: SheetRow[] = [];
  let share = 0;
  const texts = await workbook.texts();
  const context = { texts, styles: await workbook.styles(), epoch: workbook.epoch, limit, warnings: found };
  const plain = (cells: readonly SheetCell[]): Cell[] =>
    Array.from(cells, (cell = null) => (isShared(cell) ? (texts.get(cell.shared) ?? null) : cell));
  const reader = createSheetReader(context, (row) => {
    if (row.number > skipLines) pending.push(row);
  });
  const chunks = zip.read(sheet.path, signal, (read) => {
    share = read;
  });
  const scan = scanXmlChunks(chunks, reader);
  while (pending.length < HEAD_ROWS && (await scan.next()).done !== true) {
    // Reads on until the header and the rows that are compared with it have arrived.
  }
  const head = headOf(pending.slice(0, HEAD_ROWS), plain, reading);
  const [header] = hasHeader ? pending.splice(0, 1) : pending;
  if (header === undefined) {
    throw new AppError('file_empty', `${uri}: the sheet "${sheet.name}" is empty; it needs a header and rows.`);
  }
  const first = plain(header.cells).map(cellText);
  const names = hasHeader ? uniqueNames(first) : numberedColumns(first);
  return {
    columns: names.columns,
    suggested: head.suggested,
    plain,
    limit,
    found,
    warnings: () => [...head.warnings, ...names.warnings, ...found.list()],
    share: () => share,
    async *rows() {
      for (let atEnd = false; !atEnd; ) {
        if (pending.length > 0) yield pending;
        pending = [];
        atEnd = (await scan.next()).done === true;
      }
      if (pending.length > 0) yield pending;
    },
    stop: async () => {
      await scan.return(undefined);
    },
  };
}

/** Looks for titles and a missing header. Rows are as wide as the widest: a sheet does not store empty ends. */
function headOf(rows: readonly SheetRow[], plain: OpenedSheet['plain'], reading: Reading): Findings {
  const texts = rows.map(({ number, cells }) => ({ line: number, cells: plain(cells).map(cellText) }));
  const width = Math.max(0, ...texts.map(({ cells }) => cells.length));
  const records = texts.map(({ line, cells }) => {
    const filled = cells.filter((cell) => cell !== '').length;
    return { line, cells: filled < 2 ? cells : [...cells, ...Array<string>(width - cells.length).fill('')] };
  });
  return headerFindings(records, { reading, skipped: 0 });
}

async function* readRows(
  reading: OpenedSheet,
  ranges: StoredRanges,
  { uri, signal }: { uri: string; signal: AbortSignal | undefined },
): AsyncGenerator<SourceRow[]> {
  const rows = reading.rows();
  const toRow = createRowMaker(reading);
  try {
    for (;;) {
      const next = await guarded(uri, () => rows.next());
      if (next.done === true) return;
      if (signal?.aborted) throw new AppError('aborted', `Reading ${uri} was cancelled.`);
      yield* inPages(mapped(next.value, toRow));
    }
  } finally {
    await reading.stop();
    await ranges.close();
  }
}

function* mapped<From, To>(items: Iterable<From>, map: (item: From) => To): Generator<To> {
  for (const item of items) yield map(item);
}

/** Makes rows of a table from rows of the sheet, in order. */
function createRowMaker({ columns, found, limit, plain }: OpenedSheet): (row: SheetRow) => SourceRow {
  const width = columns.length;
  let last: number | undefined;
  /** The values between tabs. Only the cells that are there are visited. */
  const textOf = (given: readonly SheetCell[]): string => {
    let text = '';
    let at = 0;
    for (const key of Object.keys(given)) {
      text +=
        '\t'.repeat(Number(key) - at) +
        plain([given[Number(key)] ?? null])
          .map(cellText)
          .join();
      at = Number(key);
    }
    return text.slice(0, MAX_TEXT_BYTES);
  };
  return ({ number, cells: given, fault, isHidden }) => {
    if (isHidden) found.add('hidden_rows', { cell: `row ${number}`, line: number });
    const skipped = last === undefined ? 0 : number - last - 1;
    if (skipped > 0)
      found.add('blank_rows', { cell: `row ${number - skipped}`, line: number - skipped, count: skipped });
    last = number;
    // Empty cells take no bytes in the file, but some in the table.
    limit.count(Math.max(width, given.length));
    const extra = `${columnName(given.length - 1)}${number}`;
    const reason =
      fault ??
      (given.length > width
        ? `a value in ${extra}, right of the last column with a name (${columnName(width - 1)})`
        : undefined);
    if (reason !== undefined) {
      found.add('malformed_records', { cell: `row ${number}`, line: number, reason });
      return { kind: 'malformed', line: number, reason, text: textOf(given), cells: plain(given.slice(0, width)) };
    }
    const cells = plain(given);
    while (cells.length < width) cells.push(null);
    return { kind: 'record', line: number, cells };
  };
}

/** Which sheet was read, where there are others. */
function sheetWarnings({ sheets }: Workbook, chosen: Sheet, wanted: string | undefined): TableWarning[] {
  const others = sheets.filter((sheet) => sheet !== chosen);
  if (wanted !== undefined || others.length === 0) return [];
  const names = others.map(({ name, hidden }) => `"${name}"${hidden ? ' (hidden)' : ''}`);
  const shown = names.length > 10 ? [...names.slice(0, 10), `and ${names.length - 10} more`] : names;
  const message = `Only the sheet "${chosen.name}" is read. Other sheets: ${shown.join(', ')}; choose one by --sheet (reading.sheet), or by #NAME behind the name of the file.`;
  return [{ code: 'other_sheets', message, count: others.length }];
}
