import { AppError } from '../../base/errors.ts';

/**
 * The most columns that a table may have, as in a spreadsheet: a short file can name far more, and every row and profile
 * has a place for each.
 */
export const MAX_COLUMNS = 16_384;

/** @throws AppError `table_too_large` when a table has too many columns */
export function checkColumnCount(count: number, uri: string): void {
  if (count <= MAX_COLUMNS) return;
  throw new AppError(
    'table_too_large',
    `${uri} has more than ${MAX_COLUMNS.toLocaleString('en-US')} columns: check the delimiter, or keep the columns that are needed.`,
  );
}
