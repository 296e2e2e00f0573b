import * as z from 'zod';
import { isoTime } from '../base/clock.ts';
import type { Upload } from './uploads.ts';

/** An upload as every face shows it. */
export const uploadReport = z.object({
  upload_id: z.string().describe('The id of the upload.'),
  uri: z.string().describe('Names the upload wherever a table is asked for: upload://ID.'),
  name: z.string().describe("The file's own name. Its extension decides the format."),
  owner: z.string().describe('The caller that sent it.'),
  status: z.enum(['receiving', 'complete']).describe('receiving: bytes are missing.'),
  bytes: z.number().nullable().describe('Its size; null while it is unknown.'),
  offset: z.number().describe('Bytes that have arrived.'),
  sha256: z.string().nullable().describe('The SHA-256 of its bytes, hexadecimal; null until it is complete.'),
  created_at: z.string().describe('ISO 8601.'),
  expires_at: z
    .string()
    .describe('When it is deleted unless it is used, or a draft or a batch that has not ended names it; ISO 8601.'),
});

export type UploadReport = z.infer<typeof uploadReport>;

/** The report of an upload. */
export function reportUpload(upload: Upload): UploadReport {
  return {
    upload_id: upload.id,
    uri: upload.uri,
    name: upload.name,
    owner: upload.owner,
    status: upload.completedAt === null ? 'receiving' : 'complete',
    bytes: upload.bytes,
    offset: upload.offset,
    sha256: upload.sha256,
    created_at: isoTime(upload.createdAt),
    expires_at: isoTime(upload.expiresAt),
  };
}
