import { createWriteStream, openAsBlob } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError, toAppError } from '../../base/errors.ts';
import type { BatchLimits } from './batch-api.ts';

/** The requests of a job in a temporary file, so that their size is known before the first byte is sent. */
export interface Spool {
  path: string;
  requests: number;
  bytes: number;
  /** Reads the file on demand, not into memory. */
  blob(type: string): Promise<Blob>;
  /** Deletes the file. Idempotent. */
  remove(): Promise<void>;
}

export interface SpoolOptions {
  limits: BatchLimits;
  signal: AbortSignal;
  /** The text around and between the lines; by default each line ends with a line break. */
  frame?: { head: string; separator: string; tail: string };
}

/** Lines are written in blocks of about this many characters: a write for each would take most of the time. */
const BLOCK = 65_536;

/**
 * Writes the lines into a file that only this user can read.
 * @throws AppError `model_request_invalid` for fewer or more than the provider accepts; nothing has been sent
 */
export async function spoolLines(
  lines: AsyncIterable<string> | Iterable<string>,
  options: SpoolOptions,
): Promise<Spool> {
  const { limits, signal, frame } = options;
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, 'requests.jsonl');
  const count = { requests: 0 };
  try {
    const blocks = Readable.from(toBlocks(lines, { count, frame }), { objectMode: true, highWaterMark: 2 });
    await pipeline(blocks, createWriteStream(path, { mode: 0o600 }), { signal });
    const { size: bytes } = await stat(path);
    checkLimits({ requests: count.requests, bytes }, limits);
    return { path, ...count, bytes, blob: (type) => openAsBlob(path, { type }), remove };
  } catch (thrown) {
    await remove();
    throw toAppError(thrown);
  }
}

const PREFIX = 'rowmill-batch-';

/** Deletes the files that killed processes have left: they hold users' rows. */
export async function removeOrphanSpools(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number(/^\d+/.exec(name.slice(PREFIX.length))?.[0]) : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // Another user's process can't be signalled, so it is alive.
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function* toBlocks(
  lines: AsyncIterable<string> | Iterable<string>,
  { count, frame }: { count: { requests: number }; frame: SpoolOptions['frame'] },
): AsyncGenerator<string> {
  const { head, separator, tail } = frame ?? { head: '', separator: '\n', tail: '\n' };
  let block = head;
  for await (const line of lines) {
    block += count.requests === 0 ? line : separator + line;
    count.requests += 1;
    if (block.length < BLOCK) continue;
    yield block;
    block = '';
  }
  yield block + tail;
}

function checkLimits({ requests, bytes }: { requests: number; bytes: number }, limits: BatchLimits): void {
  const { maxRequests, maxBytes, minRequests = 1 } = limits;
  const text =
    requests < minRequests
      ? `A batch job takes ${minRequests} requests at least; this one has ${requests}.`
      : requests > maxRequests
        ? `A batch job takes ${maxRequests} requests at most; this one has ${requests}.`
        : bytes > maxBytes
          ? `A batch job takes ${maxBytes} bytes at most; this one has ${bytes}.`
          : undefined;
  if (text !== undefined) throw new AppError('model_request_invalid', text);
}
