import { AppError } from '../../../base/errors.ts';
import type { Cell } from '../../../tables/cell.ts';
import type { Tables } from '../../../tables/table.ts';
import { type ReadingOptions, readingOf } from '../../contract/request/reading.ts';

/** A table whose columns grow while it is read is read at least so far, so that rows know the later columns. */
const LEAST_ROWS = 1000;

/** A row of a source, with what its mapping needs. */
export interface ReadRow {
  columns: string[];
  line: number;
  /** The key of the row in its source, if it has one. */
  key: string | null;
  cells: Cell[];
  /** Whether the numbers of the table are written with a decimal comma. */
  decimalComma: boolean;
}

/**
 * Reads a table up to one row.
 * @throws AppError `not_found` after the last row, `row_malformed` for a row that can't be read
 */
export async function readRow(
  { table, row, reading }: { table: string; row: number; reading?: ReadingOptions | undefined },
  tables: Pick<Tables, 'openSource'>,
): Promise<ReadRow> {
  const source = await tables.openSource(table, { reading: readingOf(reading) });
  try {
    let cells: Cell[] | undefined;
    let line = 0;
    let key: string | null = null;
    let number = 0;
    for await (const page of source.rows()) {
      const found = page[row - number];
      if (found?.kind === 'malformed') {
        throw new AppError('row_malformed', `Row ${row} of ${table} (line ${found.line}) can't be read.`);
      }
      if (found !== undefined) ({ cells, line, key = null } = found);
      number += page.length;
      if (cells !== undefined && number >= LEAST_ROWS) break;
    }
    if (cells === undefined) {
      throw new AppError('not_found', `${table} has no row ${row}: it has ${number} rows, numbered from 0.`);
    }
    const decimalComma = source.readAs?.().decimalComma ?? reading?.decimal_comma ?? false;
    return { columns: source.columns(), line, key, cells, decimalComma };
  } finally {
    await source.close();
  }
}
