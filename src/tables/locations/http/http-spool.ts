import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { AppError } from '../../../base/errors.ts';
import { bytes as sizeText } from '../../../base/figures.ts';
import { fileError } from '../files/file-error.ts';
import { type HttpReach, httpGet } from './http-get.ts';

/** Age after which a copy is deleted, in milliseconds. */
const KEPT_MS = 86_400_000;
/** How long a copy is used without asking, where the server gives nothing to ask with. */
const FRESH_MS = 15 * 60_000;

/** A server that sends less than this, in bytes a second on average, is given up: one byte now and then never ends. */
const SLOWEST = 1024;
/** How long a server may be slower than that, in milliseconds. */
const SLOW_MS = 60_000;

/** The facts of a copy, beside its bytes. */
const copy = z.object({
  file: z.string(),
  at: z.number(),
  etag: z.string().nullable(),
  modified: z.string().nullable(),
});

/** Arguments of {@link createHttpSpool}. */
export interface HttpSpoolParts {
  /** Folder of the copies; created on first use, for this user only. */
  folder: string;
  reach: HttpReach;
  maxBytes: number;
  now: () => number;
}

/**
 * Copies of files that are read over HTTP. A plan, the load after it and a load that starts again after a crash read the
 * same bytes: a copy is used until the server says, by ETag or date, that the file has changed.
 * @returns a function that gives the path of an up-to-date copy
 */
export function createHttpSpool(parts: HttpSpoolParts): (url: URL, signal?: AbortSignal) => Promise<string> {
  const { folder, now } = parts;
  return async (url, signal) => {
    const { href } = new URL(url.href.replace(/#.*$/s, ''));
    const base = join(folder, `http-${createHash('sha256').update(href).digest('hex').slice(0, 32)}`);
    const known = await readCopy(folder, base);
    const isAskable = known !== undefined && (known.etag ?? known.modified) !== null;
    if (known !== undefined && !isAskable && now() - known.at < FRESH_MS) return join(folder, known.file);
    const headers = {
      'user-agent': 'rowmill',
      accept: '*/*',
      'accept-encoding': 'identity',
      ...(known?.etag != null && { 'if-none-match': known.etag }),
      ...(known?.etag === null && known.modified !== null && { 'if-modified-since': known.modified }),
    };
    const answer = await httpGet(new URL(href), { reach: parts.reach, headers, signal });
    if (answer.statusCode === 304 && known !== undefined) {
      answer.destroy();
      return join(folder, known.file);
    }
    refuseAnswer(answer, href);
    return download(answer, { href, base }, { ...parts, signal });
  };
}

async function readCopy(folder: string, base: string): Promise<z.output<typeof copy> | undefined> {
  try {
    const found = copy.parse(JSON.parse(await readFile(`${base}.json`, 'utf8')));
    await stat(join(folder, found.file));
    return found;
  } catch {
    // There is none, or it is damaged: the file is read again.
    return undefined;
  }
}

function refuseAnswer(answer: IncomingMessage, href: string): void {
  const type = answer.headers['content-type'] ?? '';
  const encoding = answer.headers['content-encoding'] ?? 'identity';
  const why = /^text\/html\b/i.test(type)
    ? 'answers with a web page: name the address of the file itself'
    : // Gzip is read like a gzipped file.
      !['identity', 'gzip', 'x-gzip'].includes(encoding.toLowerCase())
      ? `is sent with the encoding ${encoding}, which was not asked for: download it and name the file`
      : undefined;
  if (why === undefined) return;
  answer.destroy();
  throw new AppError('not_a_table', `${href} ${why}.`);
}

async function download(
  answer: IncomingMessage,
  { href, base }: { href: string; base: string },
  { folder, maxBytes, now, signal }: HttpSpoolParts & { signal: AbortSignal | undefined },
): Promise<string> {
  const path = `${base}.${randomBytes(6).toString('hex')}.data`;
  const tooLarge = () => {
    const fix = 'Download it and name the file.';
    return new AppError(
      'payload_too_large',
      `${href} is larger than ${sizeText(maxBytes)}, the limit over HTTP. ${fix}`,
    );
  };
  async function* limited(chunks: AsyncIterable<Buffer>) {
    const since = now();
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge();
      const ms = now() - since;
      if (ms > SLOW_MS && bytes < (ms / 1000) * SLOWEST) throw tooSlow(href, bytes, ms);
      yield chunk;
    }
    if (bytes === 0) throw new AppError('file_empty', `${href} is empty: it needs a header and rows.`);
  }
  try {
    if (Number(answer.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await removeOld(folder, now());
    await pipeline(answer, limited, createWriteStream(path, { flags: 'wx', mode: 0o600 }), signal ? { signal } : {});
    const { etag = null, 'last-modified': modified = null } = answer.headers;
    const facts: z.input<typeof copy> = { file: path.slice(folder.length + 1), at: now(), etag, modified };
    await writeFile(`${path}.json`, JSON.stringify(facts), { mode: 0o600 });
    await rename(`${path}.json`, `${base}.json`);
    return path;
  } catch (cause) {
    answer.destroy();
    await rm(path, { force: true });
    if (cause instanceof AppError) throw cause;
    const { code, message, name } = cause as NodeJS.ErrnoException;
    if (name === 'AbortError') throw new AppError('aborted', `Reading ${href} was cancelled.`, { cause });
    if (code === 'ENOSPC' || code === 'EACCES') throw fileError(cause, path);
    throw new AppError('location_unavailable', `Reading ${href} failed: ${message}.`, { cause, retryable: true });
  }
}

function tooSlow(href: string, bytes: number, ms: number): AppError {
  const message = `${href} sent only ${bytes} bytes in ${Math.round(ms / 1000)} s: try again later, or download it and name the file.`;
  return new AppError('location_unavailable', message, { retryable: true });
}

/** A process that still reads a copy keeps it: only its name goes. */
async function removeOld(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('http-')) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && now - found.mtimeMs > KEPT_MS) await rm(path, { force: true });
  }
}
