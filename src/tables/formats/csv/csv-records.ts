import { parse } from 'csv-parse/sync';
import type { CsvDialect } from './csv-dialect.ts';

const CR = 13;

/** Cells of sound records. Without quoted fields, splitting is exact and about five times as fast as csv-parse. */
export function parseRecords(bytes: Buffer, dialect: CsvDialect, quoted: boolean): string[][] {
  const delimiter = dialect.delimiter.toString('utf8');
  if (!quoted) return splitRecords(bytes, delimiter, dialect);
  return parse(bytes, {
    delimiter,
    quote: String.fromCharCode(dialect.quoteByte),
    escape: String.fromCharCode(dialect.escapeByte),
    record_delimiter: lineEndsIn(bytes, dialect),
    relax_column_count: true,
    // Framing has already refused broken quotes that this accepts, except quotes inside unquoted fields: those are
    // text.
    relax_quotes: true,
    skip_empty_lines: dialect.columnCount !== 1,
  });
}

/** The line ends to search for. Every byte is compared with each of them: one line end is a tenth faster than two. */
function lineEndsIn(bytes: Buffer, { lineEnds }: CsvDialect): string[] {
  if (!bytes.includes(CR)) return ['\n'];
  return lineEnds === 'any' ? ['\r\r\n', '\r\n', '\n', '\r'] : ['\r\r\n', '\r\n', '\n'];
}

function splitRecords(bytes: Buffer, delimiter: string, { lineEnds }: CsvDialect): string[][] {
  const text = bytes.toString('utf8');
  const lines = !bytes.includes(CR)
    ? text.split('\n')
    : text.split(lineEnds === 'any' ? /\r\r\n|\r\n|\n|\r/ : /\r\r\n|\r\n|\n/);
  return lines.flatMap((line) => (line === '' ? [] : [line.split(delimiter)]));
}
