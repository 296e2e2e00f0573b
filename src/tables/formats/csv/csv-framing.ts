import type { CsvDialect } from './csv-dialect.ts';
import { endOfLine, lineEndAt } from './line-ends.ts';
import { isAt, scanQuoted } from './scan-quoted.ts';

/** Maximum size of a record. A longer record, or a quote that is open for longer, is malformed. */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** A run of sound records. */
export interface RecordsFrame {
  kind: 'records';
  start: number;
  end: number;
  quoted: boolean;
  lines: number[];
  starts: number[];
  /** Without empty fields behind the last column. */
  fields: number[];
  /** Lines of records with such empty fields. */
  trimmed: number[];
  /** Lines of records that hold a carriage return outside quotes as text. */
  strayReturns: number[];
  /** The line after the last record. */
  nextLine: number;
}

/** A part of a block: a run of sound records, or one other record. Offsets are into the block; `end` is exclusive. */
export type Frame =
  | RecordsFrame
  /** `cut`: the bytes after it, up to the next line end, also belong to the record. */
  | { kind: 'malformed'; start: number; end: number; line: number; reason: string; cut: boolean }
  | { kind: 'comment'; cut: boolean }
  /** One line without content. Only reported if the table has one column: elsewhere blank lines have no meaning. */
  | { kind: 'blank'; line: number };

/** The result and position of framing after a block. */
export interface Framed {
  frames: Frame[];
  /** Offset of the first byte that needs more bytes after it. */
  consumed: number;
  /** Line of the byte at `consumed`. */
  line: number;
}

const CR = 13;

/**
 * Finds where records start and end, so that csv-parse gets only sound records: it can neither continue after a broken
 * quote nor limit an open one, and it counts `\r\n` in quotes as two lines.
 *
 * A quote opens a field only at the field's start; elsewhere it is text. A closing quote must be followed by a
 * delimiter or a line end. A record that breaks this rule is malformed. If it has as many fields as there are columns,
 * the whole record is malformed; otherwise only its first line is, and reading continues at the next line.
 */
export function frameCsv(bytes: Buffer, from: { line: number; atEnd: boolean }, dialect: CsvDialect): Framed {
  const block = { bytes, atEnd: from.atEnd };
  const frames: Frame[] = [];
  let run: RecordsFrame | undefined;
  let line = from.line;
  let at = 0;
  while (at < bytes.length) {
    const record = scanLine(block, at, dialect);
    if (record === undefined) break;
    if (record.kind === 'sound') {
      if (run === undefined) {
        run = emptyRun(at, line);
        frames.push(run);
      }
      addRecord(run, { record, line, at });
    } else if (record.kind === 'malformed') {
      run = undefined;
      frames.push({ kind: 'malformed', start: at, end: record.end, line, reason: record.reason, cut: record.cut });
    } else if (record.kind === 'comment') {
      run = undefined;
      frames.push({ kind: 'comment', cut: record.cut });
    } else if (dialect.columnCount === 1) {
      run = undefined;
      frames.push({ kind: 'blank', line });
    }
    line += record.lines;
    at = record.end;
  }
  return { frames, consumed: at, line };
}

function emptyRun(start: number, line: number): RecordsFrame {
  const none = { lines: [], starts: [], fields: [], trimmed: [], strayReturns: [] };
  return { kind: 'records', start, end: start, quoted: false, nextLine: line, ...none };
}

function addRecord(run: RecordsFrame, { record, line, at }: { record: SoundRecord; line: number; at: number }): void {
  run.lines.push(line);
  run.starts.push(at);
  run.fields.push(record.fields);
  if (record.trimmed) run.trimmed.push(line);
  if (record.strayReturn) run.strayReturns.push(line);
  run.quoted ||= record.quoted;
  run.end = record.end;
  run.nextLine = line + record.lines;
}

interface Block {
  bytes: Buffer;
  atEnd: boolean;
}

interface SoundRecord {
  kind: 'sound';
  end: number;
  lines: number;
  fields: number;
  quoted: boolean;
  trimmed: boolean;
  strayReturn: boolean;
}

/** `undefined`: the end is not in the block. `lines`: line ends in it, its own included. */
type Scanned =
  | SoundRecord
  | { kind: 'blank'; end: number; lines: number }
  | { kind: 'comment'; end: number; lines: number; cut: boolean }
  | { kind: 'malformed'; end: number; lines: number; reason: string; cut: boolean }
  | undefined;

function scanLine(block: Block, start: number, dialect: CsvDialect): Scanned {
  const { comment } = dialect;
  if (comment === undefined) return scanRecord(block, start, dialect);
  if (!block.atEnd && start + comment.length > block.bytes.length) return undefined;
  if (!isAt(block.bytes, start, comment)) return scanRecord(block, start, dialect);
  const end = endOfLine(block, start, dialect);
  if (end !== undefined) return { kind: 'comment', end, lines: 1, cut: false };
  if (!block.atEnd && block.bytes.length - start <= MAX_RECORD_BYTES) return undefined;
  return { kind: 'comment', end: block.bytes.length, lines: 0, cut: true };
}

/** The state of one record while it is scanned. */
interface OpenRecord {
  start: number;
  fieldStart: number;
  fields: number;
  /** Number of fields up to the last that is not empty. */
  filled: number;
  lines: number;
  quoted: boolean;
  /** The current field is `""`. */
  emptyQuotes: boolean;
  strayReturn: boolean;
  /** The fault of its quotes; empty when there is none. */
  broken: string;
}

function scanRecord(block: Block, start: number, dialect: CsvDialect): Scanned {
  const { bytes, atEnd } = block;
  const { delimiter, quoteByte } = dialect;
  const delimiterByte = delimiter[0];
  const length = bytes.length;
  const open: OpenRecord = {
    start,
    fieldStart: start,
    fields: 1,
    filled: 0,
    lines: 0,
    quoted: false,
    emptyQuotes: false,
    strayReturn: false,
    broken: '',
  };
  let at = start;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte === delimiterByte && isAt(bytes, at, delimiter)) {
      if (at > open.fieldStart && !open.emptyQuotes) open.filled = open.fields;
      open.emptyQuotes = false;
      open.fields += 1;
      at += delimiter.length;
      open.fieldStart = at;
      continue;
    }
    if (byte <= CR) {
      const lineEnd = lineEndAt(block, at, dialect);
      if (lineEnd < 0)
        return length - start > MAX_RECORD_BYTES ? ended(block, open, { at, end: length }, dialect) : undefined;
      if (lineEnd > 0) {
        if (at === start) return { kind: 'blank', end: at + lineEnd, lines: 1 };
        open.lines += 1;
        return ended(block, open, { at, end: at + lineEnd }, dialect);
      }
      if (byte === CR) open.strayReturn = true;
    } else if (byte === quoteByte && at === open.fieldStart) {
      const found = takeQuoted(block, open, at, dialect);
      if (typeof found !== 'number') return found.scanned;
      at = found;
      continue;
    }
    at += 1;
  }
  if (!atEnd && length - start <= MAX_RECORD_BYTES) return undefined;
  return ended(block, open, { at: length, end: length }, dialect);
}

/** Scans a quoted field: the offset after it, or what its fault makes of the record. */
function takeQuoted(block: Block, open: OpenRecord, at: number, dialect: CsvDialect): number | { scanned: Scanned } {
  const { bytes, atEnd } = block;
  const { start } = open;
  open.quoted = true;
  const field = scanQuoted(block, at + 1, dialect);
  const limited = bytes.length - start > MAX_RECORD_BYTES;
  if (field.kind === 'unclosed') {
    if (!atEnd && !limited) return { scanned: undefined };
    return { scanned: firstLine(block, start, dialect, limited ? UNCLOSED_LONG : UNCLOSED) };
  }
  if (field.kind === 'misplaced') {
    const lineIsWhole = atEnd || limited || endOfLine(block, start, dialect) !== undefined;
    return { scanned: lineIsWhole ? firstLine(block, start, dialect, UNCLOSED) : undefined };
  }
  if (field.broken) open.broken = UNESCAPED;
  open.emptyQuotes = field.end === at + 2;
  open.lines += field.lines;
  return field.end;
}

function ended(block: Block, open: OpenRecord, { at, end }: { at: number; end: number }, dialect: CsvDialect): Scanned {
  const { start, quoted, broken, lines } = open;
  const { columnCount } = dialect;
  if (end - start > MAX_RECORD_BYTES) return firstLine(block, start, dialect, quoted ? UNCLOSED_LONG : TOO_LONG);
  const filled = at > open.fieldStart && !open.emptyQuotes ? open.fields : open.filled;
  const trimmed = columnCount > 0 && open.fields > columnCount && filled <= columnCount;
  const fields = trimmed ? columnCount : open.fields;
  if (broken === '') return { kind: 'sound', end, lines, fields, quoted, trimmed, strayReturn: open.strayReturn };
  if (fields === columnCount) return { kind: 'malformed', end, lines, reason: broken, cut: false };
  return firstLine(block, start, dialect, broken);
}

const UNCLOSED = 'a quoted field is not closed';
const UNCLOSED_LONG = 'a quoted field is not closed within 1 MiB';
const UNESCAPED = 'a quoted field holds a quote that is not doubled';
const TOO_LONG = 'the record is longer than 1 MiB';

function firstLine(block: Block, start: number, dialect: CsvDialect, reason: string): Scanned {
  const end = endOfLine(block, start, dialect);
  if (end === undefined) return { kind: 'malformed', end: block.bytes.length, lines: 0, reason, cut: true };
  return { kind: 'malformed', end, lines: 1, reason, cut: false };
}
