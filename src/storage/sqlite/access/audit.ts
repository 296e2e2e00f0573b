import type { DatabaseSync } from 'node:sqlite';
import type { JsonObject } from '../../../protocol/messages.ts';
import type { AuditRecord, AuditStore } from '../../audit.ts';
import { parseOrNull, textOrNull } from '../batches/batch-record.ts';
import { LIMIT, prepare } from '../statement.ts';

type Sync<Name extends keyof AuditStore> = (
  ...given: Parameters<AuditStore[Name]>
) => Awaited<ReturnType<AuditStore[Name]>>;

type AuditRow = Omit<AuditRecord, 'details' | 'outcome'> & {
  details: string | null;
  endedAt: number | null;
  code: string | null;
};

/** Adds an entry. */
export function prepareAppendAudit(db: DatabaseSync): Sync<'appendAudit'> {
  const insert = prepare<{ id: number }>(
    db,
    `INSERT INTO audit_log (at, caller_id, caller_name, face, action, subject, details)
     VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
  );
  return ({ at, callerId, callerName, face, action, subject, details }) =>
    insert.get(at, callerId, callerName, face, action, subject, textOrNull(details))?.id ?? 0;
}

/** Adds the outcome of an entry. */
export function prepareEndAudit(db: DatabaseSync): Sync<'endAudit'> {
  const insert = prepare(db, 'INSERT INTO audit_outcomes (entry, at, code) VALUES (?, ?, ?)');
  return (id, { at, code }) => {
    insert.run(id, at, code);
  };
}

/** Reads entries, the newest first. */
export function prepareReadAudit(db: DatabaseSync): Sync<'readAudit'> {
  const select = prepare<AuditRow>(
    db,
    `SELECT l.id, l.at, l.caller_id AS callerId, l.caller_name AS callerName, l.face, l.action, l.subject, l.details,
       o.at AS endedAt, o.code
     FROM audit_log l LEFT JOIN audit_outcomes o ON o.entry = l.id
     WHERE l.id < ?1 AND (?2 IS NULL OR l.action = ?2) AND (?3 IS NULL OR l.caller_id = ?3)
     ORDER BY l.id DESC ${LIMIT}`,
  );
  return ({ limit, before = Number.MAX_SAFE_INTEGER, action = null, callerId = null }) =>
    select.all(before, action, callerId, limit).map(({ details, endedAt, code, ...row }) => ({
      ...row,
      details: parseOrNull<JsonObject>(details),
      outcome: endedAt === null ? null : { at: endedAt, code },
    }));
}
