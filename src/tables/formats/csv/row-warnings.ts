import type { TableWarning } from '../../row-source.ts';

/** Counts warnings while rows are read. Lines are 1-based. */
export interface RowWarnings {
  padded(line: number): void;
  malformed(line: number, reason: string): void;
  invalidBytes(line: number): void;
  /** A record with empty fields behind its last column. */
  trimmed(line: number): void;
  /** A carriage return outside quotes that ends no line. */
  strayReturn(line: number): void;
  /** A quoted field that holds what may be records of their own. */
  quotedLines(line: number): void;
  /** A cell that begins or ends with a character that is not seen. */
  hiddenCharacter(line: number, name: string): void;
  /** A record of JSON with the same key twice in one object. */
  repeatedKey(line: number, key: string): void;
  list(): TableWarning[];
}

interface Seen {
  count: number;
  line: number;
  /** The first lines. */
  lines: number[];
  reason: string;
}

/** @param encoding the encoding of the file */
export function createRowWarnings(encoding: string): RowWarnings {
  const seen = new Map<TableWarning['code'], Seen>();
  const add = (code: TableWarning['code'], line: number, reason = ''): void => {
    const before = seen.get(code);
    if (before === undefined) seen.set(code, { count: 1, line, lines: [line], reason });
    else {
      before.count += 1;
      if (before.lines.length < SHOWN_LINES) before.lines.push(line);
    }
  };
  return {
    padded: (line) => add('short_records_padded', line),
    malformed: (line, reason) => add('malformed_records', line, reason),
    invalidBytes: (line) => add('invalid_bytes', line),
    trimmed: (line) => add('trailing_delimiters', line),
    strayReturn: (line) => add('stray_returns', line),
    quotedLines: (line) => add('quoted_lines', line),
    hiddenCharacter: (line, name) => add('hidden_characters', line, name),
    repeatedKey: (line, key) => add('repeated_keys', line, key),
    list: () =>
      [...seen].map(([code, one]) => ({
        code,
        message: describe(code, one, encoding),
        count: one.count,
        line: one.line,
      })),
  };
}

/** Lines that a warning names. */
const SHOWN_LINES = 10;

function describe(code: TableWarning['code'], { count, line, lines, reason }: Seen, encoding: string): string {
  const where = count === 1 ? `on line ${line}` : `the first on line ${line}`;
  const records = count === 1 ? '1 record' : `${count} records`;
  const becomes =
    count === 1 ? 'It becomes a failed row that keeps its text' : 'They become failed rows that keep their text';
  switch (code) {
    case 'short_records_padded':
      return `${records} with too few fields, ${where}; the missing ones were left empty.`;
    case 'malformed_records':
      return `${records} could not be read, ${where}: ${reason}. ${becomes}.`;
    case 'invalid_bytes':
      return `${records} with bytes that do not decode as ${encoding}, ${linesInWords(lines, count)}; each such byte was read as U+FFFD. If the file has another encoding, give --encoding (reading.encoding).`;
    case 'trailing_delimiters':
      return `${records} with more delimiters than columns, and nothing behind them, ${where}; the empty fields were left out.`;
    case 'stray_returns':
      return `${records} with a carriage return that ends no line, ${where}; it is kept as text.`;
    case 'quoted_lines':
      return `${records} with a quoted field that holds line ends and tabs, ${where}. If quotes are plain text in this file, these are several records: give --quote none (reading.quote).`;
    case 'hidden_characters':
      return `${records} with a cell that begins or ends with a character that is not seen (${reason}), ${where}; it is kept as text.`;
    case 'repeated_keys':
      return `${records} with the same key twice in one object, ${where}: ${reason}. Only the last value of such a key is read.`;
    default:
      return `${records}, ${where}.`;
  }
}

function linesInWords(lines: readonly number[], count: number): string {
  const [first, ...others] = lines;
  if (others.length === 0) return `on line ${first}`;
  const more = count > lines.length ? ` and ${count - lines.length} more` : '';
  return `on the lines ${lines.join(', ')}${more}`;
}
