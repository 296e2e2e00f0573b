/** A file that a client sent, or is sending, to the data directory. Its bytes are in the folder `uploads`. */
export interface UploadRecord {
  id: string;
  /** The file's own name, from which its format is derived. */
  name: string;
  /** The id of the caller that sends it. */
  owner: string;
  /** Its size: as announced, and as it is once it is complete. null: not announced. */
  bytes: number | null;
  /** Hexadecimal, once it is complete. */
  sha256: string | null;
  createdAt: number;
  /** When bytes arrived or it was used last: an unused upload expires from then on. */
  usedAt: number;
  /** null while bytes are missing. */
  completedAt: number | null;
}

/** An upload before its first byte, and the space that all uploads may take. */
export interface NewUpload extends Pick<UploadRecord, 'id' | 'name' | 'owner' | 'bytes' | 'createdAt'> {
  /** Bytes that count until it is complete: what was announced, or a first portion. */
  reserved: number;
  maxTotalBytes: number;
}

/** What a removal led to; `named`: a draft or a batch that has not ended names the upload. */
export type UploadRemoval = 'removed' | 'named' | 'missing';

/** The records of uploads. The contract of `storage/store.ts` holds for every call. */
export interface UploadStore {
  /** Resolves to false, and stores nothing, when all uploads would take more than they may. */
  insertUpload(upload: NewUpload): Promise<boolean>;
  /** Counts more bytes for an upload of unknown size; false when all uploads would take more than they may. */
  reserveUpload(id: string, reserved: number, maxTotalBytes: number): Promise<boolean>;
  readUpload(id: string): Promise<UploadRecord | undefined>;
  /** Newest first; `before` is an id to continue after. `owner`: only those of this caller. */
  listUploads(options: { owner?: string; limit: number; before?: string }): Promise<UploadRecord[]>;
  completeUpload(id: string, end: { bytes: number; sha256: string; at: number }): Promise<void>;
  useUpload(id: string, at: number): Promise<void>;
  /** Removes the record, unless it is named. */
  removeUpload(id: string): Promise<UploadRemoval>;
  /** Uploads that were last used before a time and that nothing names. */
  listUnusedUploads(before: number, limit: number): Promise<string[]>;
  /** Bytes that all uploads take or have reserved. */
  readUploadBytes(): Promise<number>;
}
