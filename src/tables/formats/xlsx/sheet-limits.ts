import { AppError } from '../../../base/errors.ts';

/** Rows below the header: Excel has 1,048,576 rows. */
export const MAX_SHEET_ROWS = 1_048_575;

/** The error of a table that has more rows than a sheet can hold. */
export function tooManyRows(uri: string): AppError {
  const limit = MAX_SHEET_ROWS.toLocaleString('en-US');
  return new AppError(
    'format_unsupported',
    `${uri} can't hold the table: an Excel sheet has at most ${limit} rows below its header. Name the output .csv or .parquet.`,
  );
}
