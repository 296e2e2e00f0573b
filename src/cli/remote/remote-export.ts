import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../base/errors.ts';
import type { RowmillClient } from '../../client/client.ts';
import type { ExportQuery } from '../../runner/contract/export.ts';
import type { ExportStatus } from '../../runner/runner.ts';
import type { WrittenStyle } from '../../tables/row-writer.ts';
import { answerOf, bytesOf } from './server-call.ts';

/** What is downloaded, and how it is written. */
interface Exported extends WrittenStyle {
  id: string;
  status?: ExportStatus;
}

const FORMATS: Record<string, NonNullable<ExportQuery['format']>> = {
  csv: 'csv',
  tsv: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
  parquet: 'parquet',
  xlsx: 'xlsx',
};

/** The bytes of a table, as they arrive. */
export async function exportBytes(
  { id, status, format, compression, ...style }: Exported & Required<Pick<ExportQuery, 'format' | 'compression'>>,
  client: RowmillClient,
): Promise<ReadableStream<Uint8Array>> {
  const columns = status === undefined ? undefined : await sourceColumns(id, client);
  const query = {
    ...{ format, compression },
    ...(status !== undefined && { rows: status }),
    ...(columns !== undefined && { columns }),
    ...(style.spreadsheetSafe === true && { spreadsheet_safe: 'true' }),
    ...(style.bom === true && { bom: 'true' }),
    ...(style.delimiter !== undefined && { delimiter: style.delimiter }),
  };
  const params = { path: { id }, query: query as never };
  return await bytesOf(client.GET('/v1/batches/{id}/export', { params, parseAs: 'stream' }));
}

/** The columns of the source: rows of one status are exported so that they can be corrected and run again. */
async function sourceColumns(id: string, client: RowmillClient): Promise<string[] | undefined> {
  const params = { path: { id }, query: { limit: 1 } };
  const found = await answerOf<{ items: { source: object }[] }>(
    client.GET('/v1/batches/{id}/rows', { params, parseAs: 'text' }),
  );
  const [first] = found.items;
  return first === undefined ? undefined : Object.keys(first.source);
}

/**
 * Downloads a table to a file of this machine. Nothing is visible at its place before the last byte has arrived.
 * @throws AppError `output_exists`, `format_unsupported`, `output_failed`
 */
export async function exportFile(
  { uri, overwrite = false, ...exported }: Exported & { uri: string; overwrite?: boolean },
  client: RowmillClient,
): Promise<{ uri: string; bytes: number }> {
  const path = localPath(uri);
  if (path === undefined) {
    throw new AppError('option_not_supported', `${uri} is not a file of this machine, to which --server downloads.`);
  }
  refuseExisting(path, overwrite);
  const part = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  const bytes = await exportBytes({ ...exported, ...formatOf(path) }, client);
  try {
    await pipeline(Readable.fromWeb(bytes as never), createWriteStream(part, { flags: 'wx' }));
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
