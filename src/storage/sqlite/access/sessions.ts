import type { DatabaseSync } from 'node:sqlite';
import type { KeyStore, SessionRecord } from '../../keys.ts';
import { prepare } from '../statement.ts';

type Sync<Name extends keyof KeyStore> = (...given: Parameters<KeyStore[Name]>) => Awaited<ReturnType<KeyStore[Name]>>;

/** Stores a session. */
export function prepareInsertSession(db: DatabaseSync): Sync<'insertSession'> {
  const prune = prepare(db, 'DELETE FROM access_sessions WHERE expires_at <= ?');
  const insert = prepare(db, 'INSERT INTO access_sessions (digest, caller, expires_at) VALUES (?, ?, ?)');
  return ({ digest, caller, expiresAt }, now) => {
    prune.run(now);
    insert.run(digest, caller, expiresAt);
  };
}

/** Reads a session, expired or not. */
export function prepareReadSession(db: DatabaseSync): Sync<'readSession'> {
  const read = prepare<SessionRecord>(
    db,
    'SELECT digest, caller, expires_at AS expiresAt FROM access_sessions WHERE digest = ?',
  );
  return (digest) => read.get(digest);
}

/** Removes a session. */
export function prepareRemoveSession(db: DatabaseSync): Sync<'removeSession'> {
  const remove = prepare(db, 'DELETE FROM access_sessions WHERE digest = ?');
  return (digest) => {
    remove.run(digest);
  };
}
