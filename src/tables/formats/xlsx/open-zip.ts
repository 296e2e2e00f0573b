import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { AppError } from '../../../base/errors.ts';
import type { StoredRanges } from '../../locations/location.ts';
import type { DecodedLimit } from '../decoded-limit.ts';
import { damaged, readZipDirectory, type ZipEntry } from './zip-directory.ts';

/** A ZIP archive whose entries are read one at a time, each as a stream. */
export interface Zip {
  has(name: string): boolean;
  /**
   * The decoded bytes of an entry. Leaving the loop early releases what reading holds.
   * @param onRead called with the share of the entry that has been read, from 0 to 1
   */
  read(name: string, signal?: AbortSignal, onRead?: (share: number) => void): AsyncGenerator<Buffer>;
}

const READ_BYTES = 512 * 1024;
const LOCAL_HEADER = 0x04034b50;

/** @throws AppError `not_a_table` when the archive is damaged */
export async function openZip(
  ranges: StoredRanges,
  { uri, limit }: { uri: string; limit: DecodedLimit },
): Promise<Zip> {
  const entries = await readZipDirectory(ranges, uri);

  async function* raw(entry: ZipEntry, onRead: ((share: number) => void) | undefined): AsyncGenerator<Buffer> {
    const header = Buffer.from(await ranges.read(entry.at, Math.min(entry.at + 30, ranges.sizeBytes)));
    if (header.length < 30 || header.readUInt32LE(0) !== LOCAL_HEADER) throw damaged(uri);
    const start = entry.at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const end = start + entry.compressedBytes;
    if (end > ranges.sizeBytes) throw damaged(uri);
    for (let at = start; at < end; at += READ_BYTES) {
      yield Buffer.from(await ranges.read(at, Math.min(end, at + READ_BYTES)));
      onRead?.((Math.min(end, at + READ_BYTES) - start) / entry.compressedBytes);
    }
  }

  return {
    has: (name) => entries.has(name),
    async *read(name, signal, onRead) {
      const entry = entries.get(name);
      if (entry === undefined || (entry.method !== 0 && entry.method !== 8)) throw damaged(uri);
      if (entry.isEncrypted) {
        throw new AppError('not_a_table', `${uri} is protected by a password: save it without one.`);
      }
      const stored = raw(entry, onRead);
      const decoded = entry.method === 0 ? stored : inflated(stored);
      try {
        for await (const chunk of decoded) {
          if (signal?.aborted) throw new AppError('aborted', `Reading ${uri} was cancelled.`);
          limit.count(chunk.length);
          yield chunk;
        }
      } catch (cause) {
        throw cause instanceof AppError ? cause : damaged(uri, cause);
      }
    },
  };
}

/** Decompresses outside the event loop; at most a few chunks are held. */
async function* inflated(stored: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const source = Readable.from(stored, { objectMode: false });
  const inflate = createInflateRaw({ chunkSize: 128 * 1024 });
  source.on('error', (cause) => inflate.destroy(cause));
  try {
    for await (const chunk of source.pipe(inflate)) yield chunk as Buffer;
  } finally {
    source.destroy();
    inflate.destroy();
  }
}
