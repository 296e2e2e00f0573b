import { isoTime } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { JsonObject } from '../protocol/messages.ts';
import type { DraftReport } from '../runner/contract/service/draft.ts';
import type { DraftRecord, DraftStore } from '../storage/drafts.ts';

/** The drafts of one caller: each belongs to the caller that made it. */
export interface Drafts {
  create(draft: DraftChange): Promise<DraftReport>;
  /** The newest first; `before` is an id to continue after. */
  list(page: { before?: string | undefined; limit: number }): Promise<DraftReport[]>;
  /** @throws AppError `not_found` */
  show(id: string): Promise<DraftReport>;
  /** @throws AppError `draft_conflict` when it is not at this revision any more */
  change(id: string, change: DraftChange & { revision: number }): Promise<DraftReport>;
  /** @throws AppError `not_found` */
  remove(id: string): Promise<void>;
}

/** What a draft holds. */
export interface DraftChange {
  name: string | null;
  /** A part of a batch request. */
  request: object;
}

/** The parts of {@link createDrafts}. */
export interface DraftParts {
  store: DraftStore;
  newId: () => string;
  now: () => number;
}

/** Makes the drafts of the caller with this id. */
export function createDrafts(owner: string, { store, newId, now }: DraftParts): Drafts {
  async function find(id: string): Promise<DraftRecord> {
    const found = await store.readDraft(id);
    if (found === undefined || found.owner !== owner) throw new AppError('not_found', `There is no draft "${id}".`);
    return found;
  }
  return {
    async create({ name, request }) {
      const draft = { id: newId(), owner, name, request: request as JsonObject, createdAt: now() };
      return draftReportOf(await store.insertDraft(draft));
    },
    async list({ before, limit }) {
      const page = { owner, limit, ...(before !== undefined && { before }) };
      return (await store.listDrafts(page)).map(draftReportOf);
    },
    show: async (id) => draftReportOf(await find(id)),
    async change(id, { name, request, revision }) {
      const before = await find(id);
      const changed = await store.updateDraft(id, { name, request: request as JsonObject, revision, at: now() });
      if (changed !== undefined) return draftReportOf(changed);
      const message = `The draft is at revision ${before.revision}, not ${revision}: it was changed in the meantime.`;
      throw new AppError('draft_conflict', `${message} Read it again.`, {
        faults: [{ place: 'body.revision', message, fix: 'Read the draft again, then change it.' }],
      });
    },
    async remove(id) {
      await store.removeDraft((await find(id)).id);
    },
  };
}

function draftReportOf({ id, name, request, revision, createdAt, updatedAt }: DraftRecord): DraftReport {
  return {
    ...{ draft_id: id, name, request: request as DraftReport['request'], revision },
    created_at: isoTime(createdAt),
    updated_at: isoTime(updatedAt),
  };
}
