import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { AppError } from '../base/errors.ts';
import type { ExportQuery } from '../runner/contract/request/export.ts';

const FORMATS: Record<string, NonNullable<ExportQuery['format']>> = {
  csv: 'csv',
  tsv: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
  parquet: 'parquet',
  xlsx: 'xlsx',
};

/** The path of a local file; undefined for another kind of location. */
export function localPath(uri: string): string | undefined {
  if (uri.startsWith('file://')) return fileURLToPath(uri);
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(uri) ? undefined : uri;
}

/** @throws AppError `output_exists` */
export function refuseExisting(path: string, overwrite: boolean): void {
  if (overwrite || !existsSync(path)) return;
  throw new AppError('output_exists', `${path} exists. Choose another --out, or add --overwrite to replace it.`);
}

/** The format that the extension of a path names. @throws AppError `format_unsupported` */
export function formatOf(path: string): Required<Pick<ExportQuery, 'format' | 'compression'>> {
  const [, extension = '', packed] = /\.(\w+?)(?:\.(gz|zst))?$/i.exec(path) ?? [];
  const format = FORMATS[extension.toLowerCase()];
  if (format !== undefined) {
    return { format, compression: packed === undefined ? 'none' : packed.toLowerCase() === 'gz' ? 'gzip' : 'zstd' };
  }
  const known = Object.keys(FORMATS).join(', .');
  throw new AppError(
    'format_unsupported',
    `${path} has no extension of a table: use .${known}, or one with .gz or .zst.`,
  );
}

/**
 * Writes a table to a file. Nothing is visible at its place before the last byte has arrived.
 * @throws AppError `output_exists`, `output_failed`, and the faults of `bytes`
 */
export async function writeTableFile(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  overwrite: boolean,
): Promise<{ uri: string; bytes: number }> {
  const part = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  try {
    refuseExisting(path, overwrite);
    await pipeline(bytes, createWriteStream(part, { flags: 'wx' }));
    refuseExisting(path, overwrite);
    await rename(part, path);
  } catch (fault) {
    await rm(part, { force: true });
    if (fault instanceof AppError) throw fault;
    const why = fault instanceof Error ? fault.message : String(fault);
    throw new AppError('output_failed', `${path} was not written: ${why}.`, { cause: fault });
  }
  return { uri: path, bytes: (await stat(path)).size };
}
