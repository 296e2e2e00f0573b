import type { DatabaseSync } from 'node:sqlite';
import type { DraftStore } from '../../drafts.ts';
import type { StoreAccess } from '../store-access.ts';
import {
  prepareInsertDraft,
  prepareListDrafts,
  prepareReadDraft,
  prepareRemoveDraft,
  prepareUpdateDraft,
} from './drafts.ts';

/** The part of the store that holds drafts of requests. */
export function openDraftStore(db: DatabaseSync, { read, write }: StoreAccess): DraftStore {
  const insertDraft = prepareInsertDraft(db);
  const readDraft = prepareReadDraft(db);
  const listDrafts = prepareListDrafts(db);
  const updateDraft = prepareUpdateDraft(db);
  const removeDraft = prepareRemoveDraft(db);
  return {
    insertDraft: (draft) => write(() => insertDraft(draft)),
    readDraft: (id) => read(() => readDraft(id)),
    listDrafts: (page) => read(() => listDrafts(page)),
    updateDraft: (id, change) => write(() => updateDraft(id, change)),
    removeDraft: (id) => write(() => removeDraft(id)),
  };
}
