import type { DatabaseSync } from 'node:sqlite';
import type { PersonMessage } from '../../../protocol/run.ts';
import type { ConsentRecord, SpendingStore } from '../../spending.ts';
import { parseOrNull, textOrNull } from '../batches/batch-record.ts';
import { prepare } from '../statement.ts';

/** The synchronous form of a store's function. */
export type Sync<Name extends keyof SpendingStore> = (
  ...given: Parameters<SpendingStore[Name]>
) => Awaited<ReturnType<SpendingStore[Name]>>;

type ConsentRow = Omit<ConsentRecord, 'said'> & { said: string | null };

const SELECT = `SELECT token, code, request, title, expected_micro_usd AS expectedMicroUsd, said,
  expires_at AS expiresAt, agreed_at AS agreedAt, used_by AS usedBy FROM spending_consents`;

/** Reads a question by its token or its code. */
export function prepareReadConsent(db: DatabaseSync): Sync<'readConsent'> {
  const byToken = prepare<ConsentRow>(db, `${SELECT} WHERE token = ?`);
  const byCode = prepare<ConsentRow>(db, `${SELECT} WHERE code = ?`);
  return (by) => {
    const row = 'token' in by ? byToken.get(by.token) : byCode.get(by.code);
    return row === undefined ? undefined : { ...row, said: parseOrNull<PersonMessage>(row.said) };
  };
}

/** Used questions are kept for a day beyond their expiry, so that a repeated action finds its own. */
const KEPT_MS = 24 * 60 * 60_000;

/** Stores a question. */
export function prepareInsertConsent(db: DatabaseSync): Sync<'insertConsent'> {
  const prune = prepare(db, 'DELETE FROM spending_consents WHERE expires_at < ?');
  const insert = prepare(
    db,
    `INSERT INTO spending_consents (token, code, request, title, expected_micro_usd, said, expires_at, agreed_at, used_by)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return (consent, now) => {
    prune.run(now - KEPT_MS);
    insert.run(
      ...[consent.token, consent.code, consent.request, consent.title, consent.expectedMicroUsd],
      ...[textOrNull(consent.said), consent.expiresAt, consent.agreedAt, consent.usedBy],
    );
  };
}

/** Records a person's yes. */
export function prepareAgreeToConsent(db: DatabaseSync): Sync<'agreeToConsent'> {
  const agree = prepare(
    db,
    `UPDATE spending_consents SET agreed_at = coalesce(agreed_at, ?1)
     WHERE code = ?2 AND expires_at > ?1 AND used_by IS NULL`,
  );
  return (code, now) => agree.run(now, code) === 1;
}

/** Takes a consent: one statement, so that of two processes only one gets it. */
export function prepareUseConsent(db: DatabaseSync): Sync<'useConsent'> {
  const use = prepare(
    db,
    'UPDATE spending_consents SET used_by = ?1 WHERE token = ?2 AND (used_by IS NULL OR used_by = ?1)',
  );
  return (token, key) => use.run(key, token) === 1;
}
