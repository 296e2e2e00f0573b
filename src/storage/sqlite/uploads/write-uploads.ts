import type { DatabaseSync } from 'node:sqlite';
import type { NewUpload, UploadRemoval } from '../../uploads.ts';
import { prepare } from '../statement.ts';
import { NAMED } from './named.ts';

/** The check of the total and the insertion are one statement, so that concurrent uploads can't pass it together. */
export function prepareInsertUpload(db: DatabaseSync): (upload: NewUpload) => boolean {
  const insert = prepare(
    db,
    `INSERT INTO uploads (id, name, owner, bytes, reserved, created_at, used_at)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?6
     WHERE (SELECT coalesce(sum(reserved), 0) FROM uploads) + ?5 <= ?7`,
  );
  return ({ id, name, owner, bytes, reserved, createdAt, maxTotalBytes }) =>
    insert.run(id, name, owner, bytes, reserved, createdAt, maxTotalBytes) === 1;
}

/** As the insertion checks. */
export function prepareReserveUpload(
  db: DatabaseSync,
): (id: string, reserved: number, maxTotalBytes: number) => boolean {
  const update = prepare(
    db,
    `UPDATE uploads SET reserved = ?2
     WHERE id = ?1 AND (SELECT coalesce(sum(reserved), 0) FROM uploads WHERE id <> ?1) + ?2 <= ?3`,
  );
  return (id, reserved, maxTotalBytes) => update.run(id, reserved, maxTotalBytes) === 1;
}

/** From then on its size counts, not what it reserved. */
export function prepareCompleteUpload(
  db: DatabaseSync,
): (id: string, end: { bytes: number; sha256: string; at: number }) => void {
  const update = prepare(
    db,
    'UPDATE uploads SET bytes = ?2, reserved = ?2, sha256 = ?3, used_at = ?4, completed_at = ?4 WHERE id = ?1',
  );
  return (id, { bytes, sha256, at }) => {
    update.run(id, bytes, sha256, at);
  };
}

/** The time from which it expires. */
export function prepareUseUpload(db: DatabaseSync): (id: string, at: number) => void {
  const update = prepare(db, 'UPDATE uploads SET used_at = max(used_at, ?2) WHERE id = ?1');
  return (id, at) => {
    update.run(id, at);
  };
}

/** In one statement, so that a batch that starts in the meantime keeps its source. */
export function prepareRemoveUpload(db: DatabaseSync): (id: string) => UploadRemoval {
  const remove = prepare(db, `DELETE FROM uploads AS u WHERE id = ? AND NOT ${NAMED}`);
  const exists = prepare<{ one: number }>(db, 'SELECT 1 AS one FROM uploads WHERE id = ?');
  return (id) => {
    if (remove.run(id) === 1) return 'removed';
    return exists.get(id) === undefined ? 'missing' : 'named';
  };
}
