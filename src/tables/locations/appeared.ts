import { AppError } from '../../base/errors.ts';

/** The fault when another table has the name of a table that is complete. */
export function appeared(place: string): AppError {
  return new AppError(
    'output_exists',
    `"${place}" appeared after the start, and is not replaced. Move it away and resume the batch, or write its table elsewhere (rowmill batches export).`,
  );
}
