import { stringify } from 'csv-stringify/sync';
import { type Cell, neutraliseFormula } from '../cell.ts';
import type { WrittenStyle } from '../row-writer.ts';
import type { FormatName } from './format.ts';

/** Turns rows into a format's text. `header` comes first, `footer` last, each once; they may be empty. */
export interface RowText {
  header(columns: readonly string[]): string;
  rows(rows: readonly Cell[][], columns: readonly string[]): string;
  footer(): string;
}

export function createRowText(format: FormatName, options: WrittenStyle): RowText {
  const { spreadsheetSafe = false, bom = false, delimiter = ',' } = options;
  if (format === 'jsonl') return jsonText(spreadsheetSafe, { start: '', between: '\n', end: '' });
  if (format === 'json') return jsonText(spreadsheetSafe, { start: '[\n', between: ',\n', end: '\n]\n' });
  return delimitedText({ delimiter: format === 'tsv' ? '\t' : delimiter, bom, spreadsheetSafe });
}

/** RFC 4180 with `\n`. Nested values are JSON; null is empty; numbers and booleans are written as in JSON. */
function delimitedText({ delimiter, bom, spreadsheetSafe }: Required<WrittenStyle>): RowText {
  const write = (rows: string[][], columnCount: number): string =>
    stringify(rows, {
      delimiter,
      record_delimiter: '\n',
      quote_record_delimiter: true,
      // An empty line is not a record, so an empty cell in a table of one column must be quoted.
      quoted_empty: columnCount === 1,
      // csv-parse reads U+FEFF at a file's start as a byte order mark, and many readers treat a lone \r as a line end.
      quoted_match: [/[\r\n\ufeff]/],
    });
  const safe = spreadsheetSafe ? neutraliseFormula : (text: string) => text;
  return {
    header: (columns) => `${bom ? '\ufeff' : ''}${write([columns.map(safe)], columns.length)}`,
    rows: (rows, columns) => {
      const texts = rows.map((cells) => columns.map((_, index) => safe(cellText(cells[index] ?? null))));
      return write(texts, columns.length);
    },
    footer: () => '',
  };
}

/** JSONL, or an array: one object on each line. */
function jsonText(spreadsheetSafe: boolean, marks: { start: string; between: string; end: string }): RowText {
  const safe = (cell: Cell): Cell => (spreadsheetSafe && typeof cell === 'string' ? neutraliseFormula(cell) : cell);
  const isArray = marks.start !== '';
  let isFirst = true;
  return {
    header: () => marks.start,
    rows: (rows, columns) => {
      let text = '';
      for (const cells of rows) {
        // Not Object.fromEntries: a column may be called __proto__, and integer-like names would be reordered.
        const members = columns.map(
          (name, index) => `${JSON.stringify(name)}:${JSON.stringify(safe(cells[index] ?? null))}`,
        );
        if (isArray && !isFirst) text += marks.between;
        isFirst = false;
        text += `{${members.join(',')}}${isArray ? '' : marks.between}`;
      }
      return text;
    },
    footer: () => marks.end,
  };
}

/** A cell as CSV text. */
export function cellText(cell: Cell): string {
  if (cell === null) return '';
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}
