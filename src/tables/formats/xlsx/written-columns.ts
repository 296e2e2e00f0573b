import type { CellValue, ColumnDef } from 'hucre/xlsx';
import { type Cell, neutraliseFormula } from '../../cell.ts';
import { cellText } from '../row-text.ts';
import { protectEscapes } from './escaped-characters.ts';
import { momentOf } from './written-moments.ts';

/** How the columns of a sheet are written. */
export interface WrittenColumns {
  columns: ColumnDef[];
  valuesOf(cells: readonly Cell[]): CellValue[];
}

/** Excel's limit for the text of a cell, in UTF-16 units. */
const MAX_CELL_CHARACTERS = 32_767;
/** In characters. */
const WIDTHS = { min: 8, max: 60 };

/** Formats of columns whose cells are ISO 8601; a cell of another form stays text. */
const FORMATS = { date: 'yyyy-mm-dd', 'date-time': 'yyyy-mm-dd hh:mm:ss', time: '[hh]:mm:ss' } as const;

/** @param head the first rows: they decide about widths, and about columns of dates and times */
export function planColumns(
  names: readonly string[],
  head: readonly Cell[][],
  { spreadsheetSafe }: { spreadsheetSafe: boolean },
): WrittenColumns {
  const kinds = names.map((_, index) => kindOf(head, index));
  const safe = (text: string): string => (spreadsheetSafe ? neutraliseFormula(text) : text);
  const textOf = (text: string): string => protectEscapes(cut(safe(text)));

  function cellOf(cell: Cell, index: number): CellValue {
    const kind = kinds[index];
    if (cell === null) return null;
    if (kind !== undefined) {
      const moment = typeof cell === 'string' ? momentOf(cell) : undefined;
      // Any other number in the column would be shown as a date.
      return moment?.kind === kind ? moment.value : textOf(cellText(cell));
    }
    if (typeof cell === 'number' || typeof cell === 'boolean') return cell;
    return textOf(cellText(cell));
  }

  return {
    columns: names.map((name, index) => {
      const kind = kinds[index];
      return {
        header: textOf(name),
        width: widthOf(name, head, index),
        ...(kind !== undefined && { numFmt: FORMATS[kind] }),
      };
    }),
    valuesOf: (cells) => {
      const values = names.map((_, index) => cellOf(cells[index] ?? null, index));
      // A row without any cell would not be a row when the sheet is read.
      return values.every((value) => value === null) ? ['', ...values.slice(1)] : values;
    },
  };
}

function kindOf(head: readonly Cell[][], index: number): keyof typeof FORMATS | undefined {
  let kind: keyof typeof FORMATS | undefined;
  for (const cells of head) {
    const cell = cells[index] ?? null;
    if (cell === null || cell === '') continue;
    const found = typeof cell === 'string' ? momentOf(cell)?.kind : undefined;
    if (found === undefined || (kind !== undefined && kind !== found)) return undefined;
    kind = found;
  }
  return kind;
}

function widthOf(name: string, head: readonly Cell[][], index: number): number {
  let width = name.length;
  for (const cells of head) {
    const longest = cellText(cells[index] ?? null)
      .slice(0, 1000)
      .split('\n')
      .reduce((most, line) => Math.max(most, line.length), 0);
    width = Math.max(width, longest);
  }
  return Math.min(WIDTHS.max, Math.max(WIDTHS.min, width + 2));
}

/** Excel refuses a workbook with a longer text. The cut is visible in the cell. */
function cut(text: string): string {
  if (text.length <= MAX_CELL_CHARACTERS) return text;
  const mark = ` … [cut: ${text.length.toLocaleString('en-US')} characters, Excel holds 32,767; export as .csv for all]`;
  return text.slice(0, MAX_CELL_CHARACTERS - mark.length) + mark;
}
