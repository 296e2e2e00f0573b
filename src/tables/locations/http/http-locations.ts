import { AppError } from '../../../base/errors.ts';
import { GIGABYTE } from '../../../base/figures.ts';
import type { ByteStore } from '../byte-locations.ts';
import { createFileLocation } from '../files/file-location.ts';
import { outsideFolder, readWhole } from '../read-whole.ts';
import { type HttpReach, httpGet, sourceUrl } from './http-get.ts';
import { createHttpSpool } from './http-spool.ts';

/** The largest file that is read over HTTP, in bytes as they are sent. */
const MAX_BYTES = 2 * GIGABYTE;

/** Arguments of {@link createHttpStore}. */
interface HttpStoreParts {
  /** Where copies of the files are kept. */
  folder: string;
  reach: HttpReach;
  maxBytes?: number;
  now?: () => number;
}

/** Files on web servers, by `https://host/name.csv`; by `http://` only on named hosts. They can be read only. */
export function createHttpStore({ folder, reach, maxBytes = MAX_BYTES, now = Date.now }: HttpStoreParts): ByteStore {
  const copyOf = createHttpSpool({ folder, reach, maxBytes, now });
  const refuseWrite = (uri: string): never => {
    throw new AppError('uri_invalid', `"${uri}" can be read, not written: name a path or an s3:// URI for the output.`);
  };
  return {
    schemes: ['https', 'http'],
    example: 'https://host/name.csv',
    credentials: 'tables over HTTP are read without any; download it and name the file',
    absolute: (uri) => sourceUrl(uri, reach).href,
    async locate({ uri }) {
      const url = sourceUrl(uri, reach);
      const copy = async (signal?: AbortSignal) => createFileLocation(await copyOf(url, signal), [folder]);
      return {
        uri: url.href,
        fileName: url.pathname.slice(url.pathname.lastIndexOf('/') + 1),
        identity: async () => url.href,
        exists: async () => true,
        openRead: async (signal) => (await copy(signal)).openRead(signal),
        openRanges: async (signal) => (await copy(signal)).openRanges(signal),
        checkWrite: async () => refuseWrite(url.href),
        openWrite: async () => refuseWrite(url.href),
      };
    },
    async readBytes({ uri }, { below, ...options }) {
      const url = sourceUrl(uri, reach);
      if (!url.href.startsWith(below)) throw outsideFolder(uri, below);
      const headers = { 'user-agent': 'rowmill', accept: '*/*', 'accept-encoding': 'identity' };
      const stream = await httpGet(url, { reach, headers, below, signal: options.signal });
      const length = Number(stream.headers['content-length'] ?? Number.NaN);
      return readWhole({ stream, sizeBytes: Number.isNaN(length) ? undefined : length }, { uri, ...options });
    },
    list: async () => undefined,
    close: async () => undefined,
  };
}
