import type { DatabaseSync } from 'node:sqlite';
import type { KeyRecord, KeyStore } from '../../keys.ts';
import { prepare } from '../statement.ts';

type Sync<Name extends keyof KeyStore> = (...given: Parameters<KeyStore[Name]>) => Awaited<ReturnType<KeyStore[Name]>>;

type KeyRow = Omit<KeyRecord, 'scopes'> & { scopes: string };

const SELECT = `SELECT id, name, digest, scopes, owner, budget_micro_usd AS budgetMicroUsd,
  requests_per_minute AS requestsPerMinute, created_at AS createdAt, used_at AS usedAt, revoked_at AS revokedAt
  FROM access_keys`;

/** Stores a key, unless its name is taken. */
export function prepareInsertKey(db: DatabaseSync): Sync<'insertKey'> {
  const insert = prepare(
    db,
    `INSERT INTO access_keys (id, name, digest, scopes, owner, budget_micro_usd, requests_per_minute, created_at,
       used_at, revoked_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  return (key) =>
    insert.run(
      ...[key.id, key.name, key.digest, JSON.stringify(key.scopes), key.owner, key.budgetMicroUsd],
      ...[key.requestsPerMinute, key.createdAt, key.usedAt, key.revokedAt],
    ) === 1;
}

/** Reads a key by its digest or its id. */
export function prepareReadKey(db: DatabaseSync): Sync<'readKey'> {
  const byDigest = prepare<KeyRow>(db, `${SELECT} WHERE digest = ?`);
  const byId = prepare<KeyRow>(db, `${SELECT} WHERE id = ?`);
  return (by) => {
    const row = 'digest' in by ? byDigest.get(by.digest) : byId.get(by.id);
    return row === undefined ? undefined : toKey(row);
  };
}

/** Every key, the newest first. */
export function prepareListKeys(db: DatabaseSync): Sync<'listKeys'> {
  const select = prepare<KeyRow>(db, `${SELECT} ORDER BY created_at DESC, id`);
  return () => select.all().map(toKey);
}

/** Whether a key was ever stored. */
export function prepareHasKeys(db: DatabaseSync): Sync<'hasKeys'> {
  const one = prepare<{ id: string }>(db, 'SELECT id FROM access_keys LIMIT 1');
  return () => one.get() !== undefined;
}

/** Writes when a key was used last. */
export function prepareUseKey(db: DatabaseSync): Sync<'useKey'> {
  const use = prepare(db, 'UPDATE access_keys SET used_at = ? WHERE id = ?');
  return (id, at) => {
    use.run(at, id);
  };
}

/** Revokes a key, and ends its sessions. */
export function prepareRevokeKey(db: DatabaseSync): Sync<'revokeKey'> {
  const revoke = prepare(db, 'UPDATE access_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL');
  const endSessions = prepare(db, 'DELETE FROM access_sessions WHERE caller = ?');
  return (id, at) => {
    endSessions.run(id);
    return revoke.run(at, id) === 1;
  };
}

function toKey({ scopes, ...row }: KeyRow): KeyRecord {
  return { ...row, scopes: JSON.parse(scopes) as string[] };
}
