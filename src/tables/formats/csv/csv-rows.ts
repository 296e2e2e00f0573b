import { isUtf8 as isValidUtf8 } from 'node:buffer';
import { AppError } from '../../../base/errors.ts';
import type { SourceRow } from '../../row-source.ts';
import { holdsReplacement, MAX_TEXT_BYTES } from '../text.ts';
import type { CsvDialect } from './csv-dialect.ts';
import { type Frame, frameCsv, type RecordsFrame } from './csv-framing.ts';
import { parseRecords } from './csv-records.ts';
import { hiddenCharacterIn, mayHoldHidden } from './hidden-characters.ts';
import { endOfLine } from './line-ends.ts';
import type { RowWarnings } from './row-warnings.ts';

const CR = 13;
const TAB = 9;
/** The most lines without content in a row that are remembered: a compressed megabyte may hold a billion. */
const MAX_BLANK_LINES = 100_000;

/** Turns blocks of a CSV file into rows; faulty records become malformed rows. */
export interface CsvRowReader {
  /**
   * @param block starts where the previous block was consumed; `line` is the line of its first byte
   * @param from.counts rows are only counted: they have neither cells nor text
   */
  read(
    block: Buffer,
    from: { line: number; atEnd: boolean; counts?: boolean },
  ): { rows: SourceRow[]; consumed: number; line: number };
}

/** @param parts.isUtf8 whether the file is UTF-8; otherwise its text was decoded before */
export function createCsvRowReader(parts: {
  dialect: CsvDialect;
  warnings: RowWarnings;
  isUtf8: boolean;
}): CsvRowReader {
  const { dialect, warnings, isUtf8 } = parts;
  const isSound = (bytes: Buffer) => (isUtf8 ? isValidUtf8(bytes) : !holdsReplacement(bytes));
  /** Inside a line that was too long: the rest of the line is dropped. */
  let skipping = false;
  /** Lines without content in a table of one column: they are rows if anything follows them. */
  let blankLines: number[] = [];

  function take(frame: Frame, block: Buffer, { rows, counts }: { rows: SourceRow[]; counts: boolean }): void {
    if (frame.kind === 'blank') {
      if (blankLines.length === MAX_BLANK_LINES) throw tooManyBlankLines(frame.line);
      blankLines.push(frame.line);
      return;
    }
    for (const line of blankLines) rows.push({ kind: 'record', line, cells: [''] });
    blankLines = [];
    if (frame.kind === 'malformed') {
      skipping = frame.cut;
      rows.push(malformedRow(block, frame, dialect));
      warnings.malformed(frame.line, frame.reason);
    } else if (frame.kind === 'comment') {
      skipping = frame.cut;
    } else {
      for (const line of frame.trimmed) warnings.trimmed(line);
      for (const line of frame.strayReturns) warnings.strayReturn(line);
      const takeAll = counts ? countRecords : takeRecords;
      if (!isSound(block.subarray(frame.start, frame.end))) warnUndecoded(block, frame, { isSound, warnings });
      takeAll(block, frame, { dialect, warnings, rows });
    }
  }

  return {
    read(block, from) {
      let { line } = from;
      let start = 0;
      if (skipping) {
        const end = endOfLine({ bytes: block, atEnd: from.atEnd }, 0, dialect);
        // A carriage return at the end may be half of a line end.
        if (end === undefined) return { rows: [], consumed: from.atEnd ? block.length : beforeReturns(block), line };
        skipping = false;
        start = end;
        line += 1;
      }
      const rest = block.subarray(start);
      const framed = frameCsv(rest, { line, atEnd: from.atEnd }, dialect);
      const rows: SourceRow[] = [];
      for (const frame of framed.frames) take(frame, rest, { rows, counts: from.counts ?? false });
      return { rows, consumed: start + framed.consumed, line: framed.line };
    },
  };
}

/** Offset of the carriage returns at the end of a block, at most two. */
function beforeReturns(block: Buffer): number {
  let at = block.length;
  while (at > 0 && block.length - at < 2 && block[at - 1] === CR) at -= 1;
  return at;
}

interface Taking {
  dialect: CsvDialect;
  warnings: RowWarnings;
  rows: SourceRow[];
}

function takeRecords(block: Buffer, frame: RecordsFrame, { dialect, warnings, rows }: Taking): void {
  const { columnCount } = dialect;
  const { starts, lines } = frame;
  const bytes = block.subarray(frame.start, frame.end);
  const records = parseRecords(bytes, dialect, frame.quoted);
  if (records.length !== lines.length) {
    throw new AppError('internal', `${records.length} records were parsed where ${lines.length} were framed.`);
  }
  warnHidden(bytes, { records, lines }, warnings);
  for (let index = 0; index < records.length; index += 1) {
    const cells = records[index] ?? [];
    const line = lines[index] ?? 0;
    if (cells.length > (frame.fields[index] ?? 0)) cells.length = columnCount;
    if (cells.length > columnCount) {
      const text = textOf(block.subarray(starts[index], starts[index + 1] ?? frame.end));
      const reason = tooManyFields(cells.length, columnCount);
      rows.push({ kind: 'malformed', line, reason, text, cells: cells.slice(0, columnCount) });
      warnings.malformed(line, reason);
      continue;
    }
    if (cells.length < columnCount) {
      warnings.padded(line);
      while (cells.length < columnCount) cells.push('');
    }
    if (frame.quoted && mayHoldRecords(cells, dialect)) warnings.quotedLines(line);
    rows.push({ kind: 'record', line, cells });
  }
}

function warnHidden(
  bytes: Buffer,
  { records, lines }: { records: readonly string[][]; lines: readonly number[] },
  warnings: RowWarnings,
): void {
  if (!mayHoldHidden(bytes)) return;
  for (const [index, cells] of records.entries()) {
    const name = hiddenCharacterIn(cells);
    if (name !== undefined) warnings.hiddenCharacter(lines[index] ?? 0, name);
  }
}

/** Whether a cell holds the delimiter and line ends. Commas are met in any text, tabs hardly ever. */
function mayHoldRecords(cells: readonly string[], { delimiter }: CsvDialect): boolean {
  return delimiter[0] === TAB && cells.some((cell) => cell.includes('\t') && /[\r\n]/.test(cell));
}

/**
 * Like {@link takeRecords}, but without cells and text, from framing alone. Counting a table this way takes a sixth of
 * the time.
 */
function countRecords(block: Buffer, frame: RecordsFrame, { dialect, warnings, rows }: Taking): void {
  const { columnCount } = dialect;
  const bytes = block.subarray(frame.start, frame.end);
  if (mayHoldHidden(bytes)) {
    warnHidden(bytes, { records: parseRecords(bytes, dialect, frame.quoted), lines: frame.lines }, warnings);
  }
  for (const [index, line] of frame.lines.entries()) {
    const fields = frame.fields[index] ?? 0;
    if (fields > columnCount) {
      const reason = tooManyFields(fields, columnCount);
      rows.push({ kind: 'malformed', line, reason, text: '', cells: [] });
      warnings.malformed(line, reason);
      continue;
    }
    if (fields < columnCount) warnings.padded(line);
    rows.push({ kind: 'record', line, cells: [] });
  }
}

function tooManyFields(fields: number, columnCount: number): string {
  return `${fields} fields, ${columnCount} expected`;
}

/** Warns of each record with bytes that do not decode: they are read as U+FFFD. */
function warnUndecoded(
  block: Buffer,
  frame: RecordsFrame,
  { isSound, warnings }: { isSound(bytes: Buffer): boolean; warnings: RowWarnings },
): void {
  for (const [index, start] of frame.starts.entries()) {
    const record = block.subarray(start, frame.starts[index + 1] ?? frame.end);
    if (!isSound(record)) warnings.invalidBytes(frame.lines[index] ?? 0);
  }
}

function malformedRow(block: Buffer, frame: Frame & { kind: 'malformed' }, dialect: CsvDialect): SourceRow {
  const text = textOf(block.subarray(frame.start, frame.end));
  const { line, reason } = frame;
  return { kind: 'malformed', line, reason, text, cells: cellsBeforeQuote(text, dialect) };
}

/** The fields before the first quote: the only certain fields of a broken record. */
function cellsBeforeQuote(text: string, dialect: CsvDialect): string[] {
  const quote = text.indexOf(String.fromCharCode(dialect.quoteByte));
  if (quote === -1) return [];
  const cells = text.slice(0, quote).split(dialect.delimiter.toString('utf8'));
  return cells.slice(0, Math.min(cells.length - 1, dialect.columnCount));
}

/** A record's text without its line end and the blank lines that may follow it. */
function textOf(bytes: Buffer): string {
  return bytes.toString('utf8', 0, MAX_TEXT_BYTES).replace(/[\r\n]+$/, '');
}

function tooManyBlankLines(line: number): AppError {
  const count = MAX_BLANK_LINES.toLocaleString('en-US');
  return new AppError(
    'table_too_large',
    `More than ${count} lines without content stand before line ${line}: remove them.`,
  );
}
