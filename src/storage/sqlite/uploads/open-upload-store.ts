import type { DatabaseSync } from 'node:sqlite';
import type { UploadStore } from '../../uploads.ts';
import type { StoreAccess } from '../store-access.ts';
import {
  prepareListUnusedUploads,
  prepareListUploads,
  prepareReadUpload,
  prepareReadUploadBytes,
} from './read-uploads.ts';
import {
  prepareCompleteUpload,
  prepareInsertUpload,
  prepareRemoveUpload,
  prepareReserveUpload,
  prepareUseUpload,
} from './write-uploads.ts';

/** The part of the store that holds files that clients sent. */
export function openUploadStore(db: DatabaseSync, { read, write }: StoreAccess): UploadStore {
  const insertUpload = prepareInsertUpload(db);
  const reserveUpload = prepareReserveUpload(db);
  const completeUpload = prepareCompleteUpload(db);
  const useUpload = prepareUseUpload(db);
  const removeUpload = prepareRemoveUpload(db);
  const readUpload = prepareReadUpload(db);
  const listUploads = prepareListUploads(db);
  const listUnusedUploads = prepareListUnusedUploads(db);
  const readUploadBytes = prepareReadUploadBytes(db);
  return {
    insertUpload: (upload) => write(() => insertUpload(upload)),
    reserveUpload: (id, reserved, most) => write(() => reserveUpload(id, reserved, most)),
    completeUpload: (id, end) => write(() => completeUpload(id, end)),
    useUpload: (id, at) => write(() => useUpload(id, at)),
    removeUpload: (id) => write(() => removeUpload(id)),
    readUpload: (id) => read(() => readUpload(id)),
    listUploads: (page) => read(() => listUploads(page)),
    listUnusedUploads: (before, limit) => read(() => listUnusedUploads(before, limit)),
    readUploadBytes: () => read(() => readUploadBytes()),
  };
}
