import type { TableWarning } from '../../row-source.ts';

/** Counts warnings while rows are read. Lines are 1-based. */
export interface RowWarnings {
  padded(line: number): void;
  malformed(line: number, reason: string): void;
  invalidBytes(line: number): void;
  list(): TableWarning[];
}

interface Seen {
  count: number;
  line: number;
  reason: string;
}

export function createRowWarnings(): RowWarnings {
  const seen = new Map<TableWarning['code'], Seen>();
  const add = (code: TableWarning['code'], line: number, reason = ''): void => {
    const before = seen.get(code);
    if (before === undefined) seen.set(code, { count: 1, line, reason });
    else before.count += 1;
  };
  return {
    padded: (line) => add('short_records_padded', line),
    malformed: (line, reason) => add('malformed_records', line, reason),
    invalidBytes: (line) => add('invalid_bytes', line),
    list: () =>
      [...seen].map(([code, { count, line, reason }]) => ({
        code,
        message: describe(code, count, line, reason),
        count,
        line,
      })),
  };
}

const MANY = { becomes: 'They become failed rows that keep their text', was: 'they were' };

function describe(code: TableWarning['code'], count: number, line: number, reason: string): string {
  const where = count === 1 ? `on line ${line}` : `the first on line ${line}`;
  const records = count === 1 ? '1 record' : `${count} records`;
  const they = count === 1 ? { becomes: 'It becomes a failed row that keeps its text', was: 'it was' } : MANY;
  switch (code) {
    case 'short_records_padded':
      return `${records} with too few fields, ${where}; the missing ones were left empty.`;
    case 'malformed_records':
      return `${records} could not be read, ${where}: ${reason}. ${they.becomes}.`;
    case 'invalid_bytes':
      return `${records} with bytes that are not UTF-8, ${where}; ${they.was} read as windows-1252.`;
    default:
      return `${records}, ${where}.`;
  }
}
