import type { Compressors } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { AppError } from '../../../base/errors.ts';
import type { DecodedLimit } from '../decoded-limit.ts';

/** A page is decoded as a whole. Writers make pages of about 1 MB; a page of one long text may be larger. */
const MAX_PAGE_BYTES = 256 * 1024 * 1024;

/** The decompressors, limited: the size that a page claims is checked before it is allocated. */
export function boundedCompressors(limit: DecodedLimit, place: string): Compressors {
  const bounded: Compressors = {};
  for (const [codec, decompress] of Object.entries(compressors)) {
    bounded[codec as keyof Compressors] = (input, outputLength) => {
      if (outputLength > MAX_PAGE_BYTES) {
        throw new AppError('table_too_large', `${place} has a page of more than 256 MB: write it with smaller pages.`);
      }
      limit.count(outputLength);
      return decompress(input, outputLength);
    };
  }
  return bounded;
}
