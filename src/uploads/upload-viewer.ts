import type { Caller } from '../runner/contract/caller.ts';
import type { UploadViewer } from './uploads.ts';

/** The uploads that a caller may see: its own, and those of everyone with the scope admin. */
export function uploadViewer({ id, scopes }: Caller): UploadViewer {
  return scopes.includes('admin') ? {} : { owner: id };
}
