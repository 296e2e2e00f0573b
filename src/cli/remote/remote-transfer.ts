import { createReadStream, existsSync } from 'node:fs';
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
export function createRemoteTransfer(client: RowmillClient, { listTables, own }: OwnTables): Transfer {
  return {
    own,
    async send(uri) {
      const path = localPath(uri);
      if (path === undefined) return { uri, remove: async () => undefined };
      const { file, sheet } = fileOf(path);
      const files = (await listTables(file)) ?? [{ name: basename(file), path: file }];
      const { uri: sent, remove } = await sendFiles(files, client);
      return { uri: `${sent}${sheet}`, remove };
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

/** The tables of this machine. */
export interface OwnTables {
  /** The tables of a folder or pattern, in order; undefined for a single file. */
  listTables(path: string): Promise<{ name: string; path: string }[] | undefined>;
  own: Transfer['own'];
}

/** Sends files, one after the other; together they are one table. Nothing of them stays when one fails. */
async function sendFiles(
  files: { name: string; path: string }[],
  client: RowmillClient,
): Promise<{ uri: string; remove(): Promise<void> }> {
  const sent: { uri: string; remove(): Promise<void> }[] = [];
  const remove = async () => {
    for (const one of sent) await one.remove();
  };
  try {
    // An upload has no folders: those below a pattern become a part of its name.
    for (const { name, path } of files)
      sent.push(await upload(name.replaceAll('/', '_'), createReadStream(path), client));
  } catch (fault) {
    await remove();
    throw fault;
  }
  return { uri: sent.map(({ uri }) => uri).join(','), remove };
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

/** A file, folder or pattern, and the sheet of a workbook that is named behind it. @throws AppError `file_not_found` */
function fileOf(path: string): { file: string; sheet: string } {
  const at = path.lastIndexOf('#');
  const [file, sheet] = existsSync(path) || at === -1 ? [path, ''] : [path.slice(0, at), path.slice(at)];
  if (existsSync(file) || /[*?]/.test(file)) return { file, sheet };
  throw new AppError('file_not_found', `There is no file ${file} on this machine.`);
}
