import { AppError } from '../../base/errors.ts';
import { GIGABYTE, bytes as sizeText } from '../../base/figures.ts';

/** Counts the decoded bytes of one compressed file against the limit. */
export interface DecodedLimit {
  /** @throws AppError `table_too_large` when the file has decoded to more than the limit */
  count(bytes: number): void;
}

/** The largest size that one compressed or zipped file may decode to, unless the environment says otherwise. */
export const DEFAULT_MAX_DECODED_BYTES = 4 * GIGABYTE;

/** One limit for one file. `place` names the file in the error. */
export function createDecodedLimit(maxBytes: number, place: string): DecodedLimit {
  let total = 0;
  return {
    count(bytes) {
      total += bytes;
      if (total <= maxBytes) return;
      const fix = 'If the file is what it should be, set ROWMILL_MAX_DECODED_GB to a higher number.';
      throw new AppError('table_too_large', `${place} decodes to more than ${sizeText(maxBytes)}. ${fix}`);
    },
  };
}
