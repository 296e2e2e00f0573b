import { AppError } from '../../base/errors.ts';

/** Counts the decoded bytes of one compressed file against the limit. */
export interface DecodedLimit {
  /** @throws AppError `table_too_large` when the file has decoded to more than the limit */
  count(bytes: number): void;
}

/** The largest size that one compressed or zipped file may decode to, unless the environment says otherwise. */
export const DEFAULT_MAX_DECODED_BYTES = 4 * 1024 ** 3;

const GIB = 1024 ** 3;

/** One limit for one file. `place` names the file in the error. */
export function createDecodedLimit(maxBytes: number, place: string): DecodedLimit {
  let total = 0;
  return {
    count(bytes) {
      total += bytes;
      if (total <= maxBytes) return;
      const fix = 'If the file is what it should be, set ROWMILL_MAX_DECODED_GB to a higher number.';
      throw new AppError('table_too_large', `${place} decodes to more than ${gigabytes(maxBytes)}. ${fix}`);
    },
  };
}

/** A limit in words: `4 GB`. */
export function gigabytes(bytes: number): string {
  return `${Number((bytes / GIB).toPrecision(3))} GB`;
}
