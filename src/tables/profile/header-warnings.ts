import type { RowSource, TableWarning } from '../row-source.ts';
import type { ColumnProfile } from '../table.ts';
import { kindOf, type ValueKind } from './value-kind.ts';

const NUMERIC: readonly ValueKind[] = ['integer', 'number'];
/** Kinds that a column name never has. Numbers are not among them, because a column may be called 2024. */
const NEVER_NAMES: readonly ValueKind[] = ['date', 'timestamp', 'url', 'email'];

/** Warnings about the header: no row follows it, or it looks like a row itself. */
export function headerWarnings(
  { format }: Pick<RowSource, 'format'>,
  columns: readonly ColumnProfile[],
  rowCount: number,
): TableWarning[] {
  const { hasHeader } = format;
  if (rowCount === 0) {
    const message = hasHeader ? 'The table has a header and no rows.' : 'The table has no rows.';
    return [{ code: 'no_rows', message }];
  }
  // CSV looks at its head when it is opened.
  if (!hasHeader || format.text !== undefined || !looksLikeData(columns)) return [];
  const fix = 'If the table has no header, give --no-header (reading.header): otherwise that row is not run.';
  return [{ code: 'header_like_data', message: `The header looks like a row of data. ${fix}`, line: 1 }];
}

/**
 * All names are numbers, or one name is a date, timestamp, URL or email address, and so are all values of its column.
 */
function looksLikeData(columns: readonly ColumnProfile[]): boolean {
  const kinds = columns.map(({ name }) => kindOf(name));
  if (kinds.every((kind) => NUMERIC.includes(kind))) return true;
  return kinds.some((kind, index) => NEVER_NAMES.includes(kind) && columns[index]?.type === kind);
}
