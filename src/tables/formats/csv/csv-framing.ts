import type { CsvDialect } from './csv-dialect.ts';

/** Maximum size of a record. A longer record, or a quote that is open for longer, is malformed. */
export const MAX_RECORD_BYTES = 1024 * 1024;

/** A part of a block: a run of sound records, or one other record. Offsets are into the block; `end` is exclusive. */
export type Frame =
  | {
      kind: 'records';
      start: number;
      end: number;
      quoted: boolean;
      lines: number[];
      starts: number[];
      fields: number[];
    }
  /** `cut`: the bytes after it, up to the next line end, also belong to the record. */
  | { kind: 'malformed'; start: number; end: number; line: number; reason: string; cut: boolean }
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

const LF = 10;
const CR = 13;

/**
 * Finds where records start and end, so that csv-parse gets only sound records: it can neither continue after a broken
 * quote nor limit an open one, and it counts `\r\n` in quotes as two lines.
 *
 * A quote opens a field only at the field's start; elsewhere it is text. A closing quote must be followed by a
 * delimiter or a line end. A record that breaks this rule is malformed. If it has as many fields as there are columns,
 * the whole record is malformed; otherwise only its first line is, and reading continues at the next line.
 */
export function frameCsv(block: Buffer, from: { line: number; atEnd: boolean }, dialect: CsvDialect): Framed {
  const frames: Frame[] = [];
  let run: (Frame & { kind: 'records' }) | undefined;
  let line = from.line;
  let at = 0;
  while (at < block.length) {
    const record = scanRecord(block, at, from.atEnd, dialect);
    if (record === undefined) break;
    if (record.kind === 'sound') {
      if (run === undefined) {
        run = { kind: 'records', start: at, end: at, quoted: false, lines: [], starts: [], fields: [] };
        frames.push(run);
      }
      run.lines.push(line);
      run.starts.push(at);
      run.fields.push(record.fields);
      run.quoted ||= record.quoted;
      run.end = record.end;
    } else if (record.kind === 'malformed') {
      run = undefined;
      frames.push({ kind: 'malformed', start: at, end: record.end, line, reason: record.reason, cut: record.cut });
    } else if (dialect.columnCount === 1) {
      run = undefined;
      frames.push({ kind: 'blank', line });
    }
    line += record.lines;
    at = record.end;
  }
  return { frames, consumed: at, line };
}

/** `undefined`: the record's end is not in the block. `lines`: line ends in it, its own included. */
type Scanned =
  | { kind: 'sound'; end: number; lines: number; fields: number; quoted: boolean }
  | { kind: 'blank'; end: number; lines: number }
  | { kind: 'malformed'; end: number; lines: number; reason: string; cut: boolean }
  | undefined;

function scanRecord(block: Buffer, start: number, atEnd: boolean, dialect: CsvDialect): Scanned {
  const { delimiterByte, quoteByte, lineEndByte } = dialect;
  const length = block.length;
  let fieldStart = start;
  let fields = 1;
  let lines = 0;
  let quoted = false;
  let broken = '';
  let at = start;
  while (at < length) {
    const byte = block[at];
    if (byte === lineEndByte) {
      const end = at + 1;
      const blank = at === start || (byte === LF && at === start + 1 && block[start] === CR);
      if (blank) return { kind: 'blank', end, lines: 1 };
      return ended(block, { start, end, lines: lines + 1, quoted, broken, fields }, dialect);
    }
    if (byte === delimiterByte) {
      fields += 1;
      fieldStart = at + 1;
    } else if (byte === quoteByte && at === fieldStart) {
      quoted = true;
      const field = scanQuoted(block, at + 1, atEnd, dialect);
      if (field.kind === 'unclosed') {
        const limited = length - start > MAX_RECORD_BYTES;
        if (!atEnd && !limited) return undefined;
        return firstLine(block, start, dialect, limited ? UNCLOSED_LONG : UNCLOSED);
      }
      if (field.kind === 'misplaced') {
        const lineIsWhole = atEnd || block.indexOf(lineEndByte, start) !== -1 || length - start > MAX_RECORD_BYTES;
        return lineIsWhole ? firstLine(block, start, dialect, UNCLOSED) : undefined;
      }
      if (field.broken) broken = UNESCAPED;
      lines += field.lines;
      at = field.end;
      continue;
    }
    at += 1;
  }
  if (!atEnd && length - start <= MAX_RECORD_BYTES) return undefined;
  return ended(block, { start, end: length, lines, quoted, broken, fields }, dialect);
}

interface EndedRecord {
  start: number;
  end: number;
  lines: number;
  quoted: boolean;
  /** The fault of its quotes; empty when there is none. */
  broken: string;
  fields: number;
}

function ended(block: Buffer, record: EndedRecord, dialect: CsvDialect): Scanned {
  const { start, end, lines, fields, quoted, broken } = record;
  if (end - start > MAX_RECORD_BYTES) return firstLine(block, start, dialect, quoted ? UNCLOSED_LONG : TOO_LONG);
  if (broken === '') return { kind: 'sound', end, lines, fields, quoted };
  if (fields === dialect.columnCount) return { kind: 'malformed', end, lines, reason: broken, cut: false };
  return firstLine(block, start, dialect, broken);
}

const UNCLOSED = 'a quoted field is not closed';
const UNCLOSED_LONG = 'a quoted field is not closed within 1 MiB';
const UNESCAPED = 'a quoted field holds a quote that is not doubled';
const TOO_LONG = 'the record is longer than 1 MiB';

function firstLine(block: Buffer, start: number, dialect: CsvDialect, reason: string): Scanned {
  const found = block.indexOf(dialect.lineEndByte, start);
  if (found === -1) return { kind: 'malformed', end: block.length, lines: 0, reason, cut: true };
  return { kind: 'malformed', end: found + 1, lines: 1, reason, cut: false };
}

type QuotedField =
  /** `end`: offset after the closing quote. */
  | { kind: 'closed'; end: number; lines: number; broken: boolean }
  | { kind: 'unclosed' }
  /** A quote that can only open another field, so this field was never closed. */
  | { kind: 'misplaced' };

function scanQuoted(block: Buffer, start: number, atEnd: boolean, dialect: CsvDialect): QuotedField {
  const { delimiterByte, quoteByte, lineEndByte } = dialect;
  const length = block.length;
  let lines = 0;
  let broken = false;
  for (let at = start; at < length; at += 1) {
    const byte = block[at];
    if (byte === lineEndByte) lines += 1;
    else if (byte === quoteByte) {
      if (at + 2 >= length && !atEnd) return { kind: 'unclosed' };
      const next = block[at + 1];
      if (next === quoteByte) {
        at += 1;
        continue;
      }
      if (next === undefined || next === delimiterByte || next === lineEndByte || isCrLf(block, at + 1, lineEndByte)) {
        return { kind: 'closed', end: at + 1, lines, broken };
      }
      const before = block[at - 1];
      if (before === delimiterByte || before === lineEndByte) return { kind: 'misplaced' };
      broken = true;
    }
  }
  return { kind: 'unclosed' };
}

function isCrLf(block: Buffer, at: number, lineEndByte: number): boolean {
  return lineEndByte === LF && block[at] === CR && block[at + 1] === LF;
}
