import type { JsonObject } from '../protocol/messages.ts';

/** A batch request in the making. */
export interface DraftRecord {
  id: string;
  /** The id of the caller that keeps it. */
  owner: string;
  name: string | null;
  /** A part of a batch request, opaque to the store. */
  request: JsonObject;
  /** From 1, one more with each change. */
  revision: number;
  createdAt: number;
  updatedAt: number;
}

/** Drafts by their owners. The contract of `storage/store.ts` holds for every call. */
export interface DraftStore {
  insertDraft(draft: Omit<DraftRecord, 'revision' | 'updatedAt'>): Promise<DraftRecord>;
  readDraft(id: string): Promise<DraftRecord | undefined>;
  /** Newest first; `before` is an id to continue after. */
  listDrafts(options: { owner: string; limit: number; before?: string }): Promise<DraftRecord[]>;
  /** Replaces name and request if the revision is still `revision`; resolves to the new record, or to undefined. */
  updateDraft(
    id: string,
    change: Pick<DraftRecord, 'name' | 'request'> & { revision: number; at: number },
  ): Promise<DraftRecord | undefined>;
  /** Resolves to whether there was one. */
  removeDraft(id: string): Promise<boolean>;
}
