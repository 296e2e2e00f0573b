import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../base/errors.ts';
import type { ByteStore } from './byte-locations.ts';
import { fileError } from './files/file-error.ts';
import { createFileLocation } from './files/file-location.ts';

/** Age after which a copy of stdin is deleted, in milliseconds. Its rows are in the store once its batch has loaded. */
const KEPT_MS = 7 * 86_400_000;
const NAME = /^stdin:\/\/([0-9a-f]{24})$/;

/** A copy of a stream, as a table that can be read again. */
export interface StdinCopy {
  uri: string;
  /** Deletes the copy. Idempotent. */
  remove(): Promise<void>;
}

/**
 * Copies stdin into a folder, so that a load that starts again after a crash reads the same bytes. The same bytes have
 * the same URI: a start that is repeated with its idempotency key is the same request.
 * @param folder created on first use, for this user only
 */
export async function copyStdin(stdin: Readable, folder: string, signal: AbortSignal): Promise<StdinCopy> {
  const part = join(folder, `stdin-${randomBytes(12).toString('hex')}.part`);
  const hash = createHash('sha256');
  let bytes = 0;
  async function* seen(chunks: AsyncIterable<Buffer | string>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeOld(folder);
    await pipeline(stdin, seen, createWriteStream(part, { flags: 'wx', mode: 0o600 }), { signal });
    if (bytes === 0) throw new AppError('file_empty', 'stdin is empty: it needs a header and rows.');
    return await keep(part, hash.digest('hex').slice(0, 24), folder);
  } catch (cause) {
    await rm(part, { force: true });
    if (signal.aborted) throw new AppError('aborted', 'Reading stdin was cancelled.', { cause });
    throw fileError(cause, 'stdin');
  }
}

async function keep(part: string, id: string, folder: string): Promise<StdinCopy> {
  const path = pathOf(folder, id);
  const uri = `stdin://${id}`;
  const now = new Date();
  const isKnown = await utimes(path, now, now).then(
    () => true,
    () => false,
  );
  if (isKnown) {
    // Another batch may need it.
    await rm(part);
    return { uri, remove: async () => undefined };
  }
  await rename(part, path);
  return { uri, remove: () => rm(path, { force: true }) };
}

/** Copies of stdin, by the URIs of {@link copyStdin}. They can be read only. */
export function createStdinStore(folder: string): ByteStore {
  const idOf = (uri: string): string => {
    const id = NAME.exec(uri)?.[1];
    if (id === undefined)
      throw new AppError('uri_invalid', `"${uri}" is no copy of stdin: give - on the command line.`);
    return id;
  };
  const refuseWrite = (): never => {
    throw new AppError('uri_invalid', 'A copy of stdin can be read, not written.');
  };
  return {
    schemes: ['stdin'],
    example: '- (stdin)',
    credentials: 'stdin has none',
    absolute: (uri) => `stdin://${idOf(uri)}`,
    async locate({ uri }) {
      const file = createFileLocation(pathOf(folder, idOf(uri)), [folder]);
      return {
        ...file,
        uri,
        fileName: 'stdin',
        identity: async () => uri,
        openRead: (signal) => file.openRead(signal).catch(gone),
        openRanges: (signal) => file.openRanges(signal).catch(gone),
        checkWrite: async () => refuseWrite(),
        openWrite: async () => refuseWrite(),
      };
    },
    readBytes: async ({ uri }) => {
      throw new AppError('uri_invalid', `"${uri}" is a table: it holds no other files.`);
    },
    list: async () => undefined,
    close: async () => undefined,
  };
}

function pathOf(folder: string, id: string): string {
  return join(folder, `stdin-${id}.data`);
}

function gone(cause: unknown): never {
  if (!(cause instanceof AppError) || cause.code !== 'file_not_found') throw cause;
  throw new AppError('file_not_found', 'The copy of stdin was deleted: pipe the table again.', { cause });
}

async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('stdin-')) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > KEPT_MS) await rm(path, { force: true });
  }
}
