import type { TableWarning } from '../../row-source.ts';

type CellCode =
  | 'error_cells'
  | 'formulas_without_value'
  | 'blank_rows'
  | 'hidden_rows'
  | 'malformed_records'
  | 'merged_cells';

/** Counts what a sheet holds besides plain values, with the first place of each. */
export interface SheetWarnings {
  add(code: CellCode, place: { cell: string; line: number; count?: number; reason?: string }): void;
  list(): TableWarning[];
}

export function createSheetWarnings(): SheetWarnings {
  const seen = new Map<CellCode, { count: number; cell: string; line: number; reason: string }>();
  return {
    add(code, { cell, line, count = 1, reason = '' }) {
      const before = seen.get(code);
      if (before === undefined) seen.set(code, { count, cell, line, reason });
      else before.count += count;
    },
    list: () =>
      [...seen].map(([code, { count, cell, line, reason }]) => ({
        code,
        message: MESSAGES[code](count, cell, reason),
        count,
        line,
      })),
  };
}

const MESSAGES: { [code in CellCode]: (count: number, cell: string, reason: string) => string } = {
  error_cells: (count, cell, reason) =>
    `${many(count, 'cell')} with a spreadsheet error, the first in ${cell} (${reason}); the error is read as text.`,
  formulas_without_value: (count, cell) =>
    `${many(count, 'formula')} without a stored value, the first in ${cell}, read as empty. Open the workbook in a spreadsheet program and save it, so that the values are stored.`,
  blank_rows: (count, cell) =>
    `${many(count, 'blank row')} between other rows, the first at ${cell}, left out. Line numbers are the row numbers of the sheet.`,
  hidden_rows: (count, cell) =>
    `${many(count, 'hidden row')}, the first at ${cell}: hidden and filtered rows are read like all others.`,
  malformed_records: (count, cell, reason) =>
    `${many(count, 'row')} could not be read, the first at ${cell}: ${reason}. ${count === 1 ? 'It becomes a failed row that keeps its' : 'They become failed rows that keep their'} text.`,
  merged_cells: (count, cell) =>
    `${many(count, 'merged range')}, the first ${cell}; only the first cell of a merged range holds its value.`,
};

function many(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}
