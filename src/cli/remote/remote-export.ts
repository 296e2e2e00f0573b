import { AppError } from '../../base/errors.ts';
import type { RowmillClient } from '../../client/client.ts';
import type { ExportQuery } from '../../runner/contract/request/export.ts';
import type { ExportStatus } from '../../runner/runner.ts';
import type { WrittenStyle } from '../../tables/row-writer.ts';
import { formatOf, localPath, refuseExisting, writeTableFile } from '../table-file.ts';
import { answerOf, bytesOf } from './server-call.ts';

/** What is downloaded, and how it is written. */
interface Exported extends WrittenStyle {
  id: string;
  status?: ExportStatus;
}

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
  const bytes = await exportBytes({ ...exported, ...formatOf(path) }, client);
  return writeTableFile(path, bytes as unknown as AsyncIterable<Uint8Array>, overwrite);
}
