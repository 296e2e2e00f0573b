import type { DatabaseSync } from 'node:sqlite';
import type { UploadRecord } from '../../uploads.ts';
import { LIMIT, prepare } from '../statement.ts';
import { NAMED } from './named.ts';

const SELECT = `SELECT id, name, owner, bytes, sha256, created_at AS createdAt, used_at AS usedAt,
  completed_at AS completedAt FROM uploads`;

/** One upload; undefined when there is none. */
export function prepareReadUpload(db: DatabaseSync): (id: string) => UploadRecord | undefined {
  const select = prepare<UploadRecord>(db, `${SELECT} WHERE id = ?`);
  return (id) => select.get(id);
}

/** Newest first. */
export function prepareListUploads(
  db: DatabaseSync,
): (options: { owner?: string; limit: number; before?: string }) => UploadRecord[] {
  const select = prepare<UploadRecord>(
    db,
    `${SELECT} WHERE (?1 IS NULL OR owner = ?1)
       AND key < coalesce((SELECT key FROM uploads WHERE id = ?2), iif(?2 IS NULL, 9e15, 0))
     ORDER BY key DESC LIMIT ?3 + 0`,
  );
  return ({ owner = null, limit, before = null }) => select.all(owner, before, limit);
}

/** Those that nobody used since a time, and that nothing names. */
export function prepareListUnusedUploads(db: DatabaseSync): (before: number, limit: number) => string[] {
  const select = prepare<{ id: string }>(
    db,
    `SELECT id FROM uploads u WHERE used_at < ? AND NOT ${NAMED} ORDER BY used_at ${LIMIT}`,
  );
  return (before, limit) => select.all(before, limit).map(({ id }) => id);
}

/** The sum of what is reserved. */
export function prepareReadUploadBytes(db: DatabaseSync): () => number {
  const select = prepare<{ bytes: number }>(db, 'SELECT coalesce(sum(reserved), 0) AS bytes FROM uploads');
  return () => select.get()?.bytes ?? 0;
}
