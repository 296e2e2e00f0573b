import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../base/errors.ts';
import type { Location, StoredRanges } from '../locations/location.ts';
import type { DecodedLimit } from './decoded-limit.ts';
import { decompressed } from './head.ts';

/** What a location must have to be read by ranges. */
export type RangedLocation = Pick<Location, 'uri' | 'openRanges'>;

/**
 * A compressed file of a format that is read by ranges: it is decompressed into a temporary file, which is removed when
 * the ranges are closed.
 */
export function spooledLocation(location: Location, limit: DecodedLimit): RangedLocation {
  return {
    uri: location.uri,
    openRanges: async (signal) => {
      const folder = await mkdtemp(join(tmpdir(), 'rowmill-'));
      const path = join(folder, 'table');
      try {
        const stored = await location.openRead(signal);
        const { chunks } = await decompressed(stored, { place: location.uri, limit });
        await pipeline(chunks, createWriteStream(path));
        return await openSpooled(path, folder, location.uri);
      } catch (fault) {
        await rm(folder, { recursive: true, force: true });
        throw fault;
      }
    },
  };
}

async function openSpooled(path: string, folder: string, uri: string): Promise<StoredRanges> {
  const handle = await open(path, 'r');
  // The open file outlives its name: nothing is left behind, even by a killed process.
  await rm(folder, { recursive: true, force: true });
  const { size: sizeBytes } = await handle.stat();
  if (sizeBytes === 0) {
    await handle.close();
    throw new AppError('file_empty', `${uri} is empty: it needs a header and rows.`);
  }
  let closing: Promise<void> | undefined;
  return {
    sizeBytes,
    async read(start, end = sizeBytes) {
      const bytes = new Uint8Array(Math.max(0, end - start));
      for (let length = 0; length < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length, start + length);
        if (bytesRead === 0) throw new AppError('not_a_table', `${uri} is cut off: make the file again.`);
        length += bytesRead;
      }
      return bytes.buffer;
    },
    close: () => {
      closing ??= handle.close();
      return closing;
    },
  };
}
