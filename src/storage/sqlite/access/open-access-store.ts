import type { DatabaseSync } from 'node:sqlite';
import type { AuditStore } from '../../audit.ts';
import type { KeyStore } from '../../keys.ts';
import type { StoreAccess } from '../store-access.ts';
import { prepareAppendAudit, prepareEndAudit, prepareReadAudit } from './audit.ts';
import {
  prepareHasKeys,
  prepareInsertKey,
  prepareListKeys,
  prepareReadKey,
  prepareRevokeKey,
  prepareUseKey,
} from './keys.ts';
import { prepareInsertSession, prepareReadSession, prepareRemoveSession } from './sessions.ts';

/** The part of the store that holds keys, sessions of browsers and the audit log. */
export function openAccessStore(db: DatabaseSync, { read, write }: StoreAccess): AuditStore & KeyStore {
  const insertKey = prepareInsertKey(db);
  const readKey = prepareReadKey(db);
  const listKeys = prepareListKeys(db);
  const hasKeys = prepareHasKeys(db);
  const useKey = prepareUseKey(db);
  const revokeKey = prepareRevokeKey(db);
  const insertSession = prepareInsertSession(db);
  const readSession = prepareReadSession(db);
  const removeSession = prepareRemoveSession(db);
  const appendAudit = prepareAppendAudit(db);
  const endAudit = prepareEndAudit(db);
  const readAudit = prepareReadAudit(db);
  return {
    insertKey: (key) => write(() => insertKey(key)),
    readKey: (by) => read(() => readKey(by)),
    listKeys: () => read(() => listKeys()),
    hasKeys: () => read(() => hasKeys()),
    useKey: (id, at) => write(() => useKey(id, at)),
    revokeKey: (id, at) => write(() => revokeKey(id, at)),
    insertSession: (session, now) => write(() => insertSession(session, now)),
    readSession: (digest) => read(() => readSession(digest)),
    removeSession: (digest) => write(() => removeSession(digest)),
    appendAudit: (entry) => write(() => appendAudit(entry)),
    endAudit: (id, outcome) => write(() => endAudit(id, outcome)),
    readAudit: (query) => read(() => readAudit(query)),
  };
}
