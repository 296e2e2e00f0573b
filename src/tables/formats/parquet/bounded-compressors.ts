import type { Compressors } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { AppError } from '../../../base/errors.ts';
import type { DecodedLimit } from '../decoded-limit.ts';

/** A page is decoded as a whole. Writers make pages of about 1 MB; a page of one long text may be larger. */
const MAX_PAGE_BYTES = 256 * 1024 * 1024;
/** The pages of a column in a row group are decoded without a pause: this size blocks the process for a few seconds. */
const MAX_COLUMN_BYTES = 1024 ** 3;

/** The decompressors of a file, limited. The size that a page claims is checked before it is allocated. */
export interface BoundedCompressors {
  compressors: Compressors;
  /** A column of another row group starts. */
  startColumn(): void;
}

/** @param place names the file in errors */
export function boundedCompressors(limit: DecodedLimit, place: string): BoundedCompressors {
  const bounded: Compressors = {};
  let columnBytes = 0;
  const count = (bytes: number): void => {
    if (bytes > MAX_PAGE_BYTES) throw tooLarge(place, 'a page of more than 256 MB', 'pages');
    columnBytes += bytes;
    if (columnBytes > MAX_COLUMN_BYTES)
      throw tooLarge(place, 'more than 1 GB in a column of one row group', 'row groups');
    limit.count(bytes);
  };
  for (const [codec, decompress] of Object.entries(compressors)) {
    bounded[codec as keyof Compressors] = (input, outputLength) => {
      count(outputLength);
      return decompress(input, outputLength);
    };
  }
  return {
    compressors: bounded,
    startColumn: () => {
      columnBytes = 0;
    },
  };
}

function tooLarge(place: string, what: string, smaller: string): AppError {
  return new AppError('table_too_large', `${place} has ${what}: write the file again with smaller ${smaller}.`);
}
