import { createReadStream, existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { AppError } from '../../base/errors.ts';
import type { RowmillClient } from '../../client/client.ts';
import { type BatchRequest, KEPT_OUTPUT } from '../../runner/contract/request/request.ts';
import type { UploadReport } from '../../uploads/upload-report.ts';
import { formatOf, localPath, refuseExisting } from '../table-file.ts';
import type { Transfer } from '../transfer.ts';
import { exportBytes, exportFile } from './remote-export.ts';
import { answerOf } from './server-call.ts';

/** Sends local tables as uploads, and downloads results. */
export function createRemoteTransfer(client: RowmillClient): Transfer {
  return {
    async send(uri) {
      const path = localPath(uri);
      if (path === undefined) return { uri, remove: async () => undefined };
      const { file, sheet } = fileOf(path);
      return upload(basename(file), createReadStream(file), client).then(({ uri: sent, remove }) => ({
        uri: `${sent}${sheet}`,
        remove,
      }));
    },
    reachable(request) {
      const path = localOutput(request);
      if (path === undefined) return request;
      formatOf(path);
      refuseExisting(path, request.options?.overwrite === true);
      return { ...request, output_uri: KEPT_OUTPUT };
    },
    async bring(report, request) {
      const path = localOutput(request);
      if (path === undefined || report.output_uri === null) return report;
      const { spreadsheet_safe: isSafe, bom, out_delimiter: delimiter, overwrite } = request.options ?? {};
      const style = {
        ...(isSafe === true && { spreadsheetSafe: true }),
        ...(bom === true && { bom: true }),
        ...(delimiter !== undefined && { delimiter }),
      };
      const asked = { id: report.batch_id, uri: path, overwrite: overwrite === true, ...style };
      const { uri } = await exportFile(asked, client);
      return { ...report, output_uri: uri };
    },
    async *read({ batch_id: id }) {
      const bytes = await exportBytes({ id, format: 'csv', compression: 'none' }, client);
      yield* bytes as unknown as AsyncIterable<Uint8Array>;
    },
  };
}

/** Sends bytes as an upload, in constant memory. */
export async function upload(
  name: string,
  bytes: Readable,
  client: RowmillClient,
  signal?: AbortSignal,
): Promise<{ uri: string; remove(): Promise<void> }> {
  const call = client.POST('/v1/uploads', {
    params: { query: { name } },
    body: Readable.toWeb(bytes) as never,
    bodySerializer: (body) => body as never,
    headers: { 'content-type': 'application/octet-stream' },
    parseAs: 'text',
    ...{ duplex: 'half' },
    ...(signal !== undefined && { signal }),
  });
  const { upload_id: id, uri } = await answerOf<UploadReport>(call);
  let removing: Promise<void> | undefined;
  return {
    uri,
    remove() {
      removing ??= answerOf(client.DELETE('/v1/uploads/{id}', { params: { path: { id } }, parseAs: 'text' }));
      return removing;
    },
  };
}

/** The output that is downloaded: a path of this machine. */
function localOutput({ output_uri: uri }: BatchRequest): string | undefined {
  return uri === undefined || uri === KEPT_OUTPUT ? undefined : localPath(uri);
}

/** A file, and the sheet of a workbook that is named behind it. @throws AppError `file_not_found`, `option_not_supported` */
function fileOf(path: string): { file: string; sheet: string } {
  const at = path.lastIndexOf('#');
  const [file, sheet] = existsSync(path) || at === -1 ? [path, ''] : [path.slice(0, at), path.slice(at)];
  if (existsSync(file) && statSync(file).isFile()) return { file, sheet };
  if (existsSync(file) || /[*?[\]{}]/.test(file)) {
    throw new AppError('option_not_supported', `${file} is not one file: --server sends one file at a time.`);
  }
  throw new AppError('file_not_found', `There is no file ${file} on this machine.`);
}
