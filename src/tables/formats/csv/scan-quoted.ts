import type { CsvDialect } from './csv-dialect.ts';
import { lineEndAt } from './line-ends.ts';

type QuotedField =
  /** `end`: offset after the closing quote. */
  | { kind: 'closed'; end: number; lines: number; broken: boolean }
  | { kind: 'unclosed' }
  /** A quote that can only open another field, so this field was never closed. */
  | { kind: 'misplaced' };

const LF = 10;
const CR = 13;

/** Scans a field from the byte after its opening quote. */
export function scanQuoted(block: { bytes: Buffer; atEnd: boolean }, start: number, dialect: CsvDialect): QuotedField {
  const { bytes, atEnd } = block;
  const { delimiter, quoteByte, escapeByte } = dialect;
  const length = bytes.length;
  /** Bytes after a quote that decide what it is. */
  const ahead = Math.max(3, delimiter.length);
  const doubles = escapeByte === quoteByte;
  let lines = 0;
  let broken = false;
  for (let at = start; at < length; at += 1) {
    const byte = bytes[at];
    if (byte === LF || byte === CR) {
      if (byte === LF || (dialect.lineEnds === 'any' && bytes[at + 1] !== LF && !isReturnLineFeed(bytes, at)))
        lines += 1;
    } else if (!doubles && byte === escapeByte) {
      if (at + 1 >= length && !atEnd) return { kind: 'unclosed' };
      if (bytes[at + 1] === quoteByte || bytes[at + 1] === escapeByte) at += 1;
    } else if (byte === quoteByte) {
      if (at + ahead >= length && !atEnd) return { kind: 'unclosed' };
      if (doubles && bytes[at + 1] === quoteByte) {
        at += 1;
        continue;
      }
      if (at + 1 >= length || isAt(bytes, at + 1, delimiter) || lineEndAt(block, at + 1, dialect) !== 0) {
        return { kind: 'closed', end: at + 1, lines, broken };
      }
      if (endsBefore(bytes, at, dialect)) return { kind: 'misplaced' };
      broken = true;
    }
  }
  return { kind: 'unclosed' };
}

/** The first of two carriage returns before a line feed. */
function isReturnLineFeed(bytes: Buffer, at: number): boolean {
  return bytes[at + 1] === CR && bytes[at + 2] === LF;
}

/** Whether a delimiter or a line ends before an offset. */
function endsBefore(bytes: Buffer, at: number, { delimiter, lineEnds }: CsvDialect): boolean {
  const before = bytes[at - 1];
  if (before === LF || (before === CR && lineEnds === 'any')) return true;
  return isAt(bytes, at - delimiter.length, delimiter);
}

/** Whether bytes stand at an offset. */
export function isAt(bytes: Buffer, at: number, wanted: Buffer): boolean {
  for (let index = 0; index < wanted.length; index += 1) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}
