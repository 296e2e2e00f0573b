import type { DatabaseSync } from 'node:sqlite';
import type { JsonObject } from '../../../protocol/messages.ts';
import type { DraftRecord, DraftStore } from '../../drafts.ts';
import { prepare } from '../statement.ts';

type DraftRow = Omit<DraftRecord, 'request'> & { request: string };

const COLUMNS = 'id, owner, name, request, revision, created_at AS createdAt, updated_at AS updatedAt';

/** One draft; undefined when there is none. */
export function prepareReadDraft(db: DatabaseSync): (id: string) => DraftRecord | undefined {
  const select = prepare<DraftRow>(db, `SELECT ${COLUMNS} FROM drafts WHERE id = ?`);
  return (id) => toDraft(select.get(id));
}

/** The drafts of one owner, newest first. */
export function prepareListDrafts(
  db: DatabaseSync,
): (options: { owner: string; limit: number; before?: string }) => DraftRecord[] {
  const select = prepare<DraftRow>(
    db,
    `SELECT ${COLUMNS} FROM drafts
     WHERE owner = ?1 AND key < coalesce((SELECT key FROM drafts WHERE id = ?2), iif(?2 IS NULL, 9e15, 0))
     ORDER BY key DESC LIMIT ?3 + 0`,
  );
  return ({ owner, limit, before = null }) => select.all(owner, before, limit).flatMap((row) => toDraft(row) ?? []);
}

/** Stores the first revision. */
export function prepareInsertDraft(
  db: DatabaseSync,
): (draft: Omit<DraftRecord, 'revision' | 'updatedAt'>) => DraftRecord {
  const insert = prepare(
    db,
    'INSERT INTO drafts (id, owner, name, request, revision, created_at, updated_at) VALUES (?, ?, ?, ?, 1, ?, ?)',
  );
  return (draft) => {
    const { id, owner, name, request, createdAt } = draft;
    insert.run(id, owner, name, JSON.stringify(request), createdAt, createdAt);
    return { ...draft, revision: 1, updatedAt: createdAt };
  };
}

/** Only a draft whose revision has not changed in the meantime. */
export function prepareUpdateDraft(
  db: DatabaseSync,
): (id: string, change: Parameters<DraftStore['updateDraft']>[1]) => DraftRecord | undefined {
  const update = prepare<DraftRow>(
    db,
    `UPDATE drafts SET name = ?3, request = ?4, revision = revision + 1, updated_at = ?5
     WHERE id = ?1 AND revision = ?2 RETURNING ${COLUMNS}`,
  );
  return (id, { name, request, revision, at }) => toDraft(update.get(id, revision, name, JSON.stringify(request), at));
}

/** Resolves to whether there was one. */
export function prepareRemoveDraft(db: DatabaseSync): (id: string) => boolean {
  const remove = prepare(db, 'DELETE FROM drafts WHERE id = ?');
  return (id) => remove.run(id) === 1;
}

function toDraft(row: DraftRow | undefined): DraftRecord | undefined {
  return row === undefined ? undefined : { ...row, request: JSON.parse(row.request) as JsonObject };
}
