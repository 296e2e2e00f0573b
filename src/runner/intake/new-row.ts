import type { NewRow } from '../../storage/rows.ts';
import type { SourceRow } from '../../tables/row-source.ts';

/** Of the text of a line that could not be read. */
const SHOWN_CHARACTERS = 1_000;

/** A source's row as it is stored under its number. */
export function newRow(row: SourceRow, number: number): NewRow {
  const { line, cells } = row;
  const stored = { row: number, line, cells, ...(row.key === undefined ? {} : { key: row.key }) };
  if (row.kind === 'record') return stored;
  const reason = `line ${line}: ${row.reason}: ${start(row.text)}`;
  return { ...stored, malformed: { reason, text: row.text } };
}

/** The start of a line that could not be read: its error carries it into the output table. */
function start(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return text;
  return `${text.slice(0, SHOWN_CHARACTERS).replace(/[\ud800-\udbff]$/, '')}…`;
}
