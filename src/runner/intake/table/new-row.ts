import type { NewRow } from '../../../storage/rows.ts';
import type { SourceRow } from '../../../tables/row-source.ts';

/** Maximum number of characters shown of a line that could not be read. */
const SHOWN_CHARACTERS = 1_000;

/** Converts a source's row to its stored form under a row number. */
export function newRow(row: SourceRow, number: number): NewRow {
  const { line, cells } = row;
  const stored = { row: number, line, cells, ...(row.key === undefined ? {} : { key: row.key }) };
  if (row.kind === 'record') return stored;
  const reason = `line ${line}: ${row.reason}: ${start(row.text)}`;
  return { ...stored, malformed: { reason, text: row.text } };
}

/** The start of a line that could not be read. The row's error shows it in the output table. */
function start(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return text;
  return `${text.slice(0, SHOWN_CHARACTERS).replace(/[\ud800-\udbff]$/, '')}…`;
}
