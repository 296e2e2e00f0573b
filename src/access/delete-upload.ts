import type { Caller } from '../runner/contract/caller.ts';
import { uploadViewer } from '../uploads/upload-viewer.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { Audit } from './audit.ts';

/**
 * Deletes an upload of a caller; this is written to the audit log first. No model reaches it.
 * @throws AppError as `Uploads.remove`
 */
export function deleteUpload(
  id: string,
  caller: Caller,
  { uploads, audit }: { uploads: Pick<Uploads, 'remove'>; audit: Audit },
): Promise<void> {
  return audit.around({ caller, action: 'upload-delete', subject: id }, () => uploads.remove(id, uploadViewer(caller)));
}
