import type { DatabaseSync } from 'node:sqlite';
import type { IdempotencyClaim, IdempotencyStore, IdempotentRequest, KeptAnswer } from '../../idempotency.ts';
import { parseOrNull } from '../batches/batch-record.ts';
import { prepare } from '../statement.ts';

type Sync<Name extends keyof IdempotencyStore> = (
  ...given: Parameters<IdempotencyStore[Name]>
) => Awaited<ReturnType<IdempotencyStore[Name]>>;

interface StoredRequest {
  digest: string;
  answer: string | null;
  busyUntil: number;
}

/** Takes a key: one transaction, so that of two requests only one is new. */
export function prepareClaimKey(db: DatabaseSync): Sync<'claimKey'> {
  const prune = prepare(db, 'DELETE FROM idempotent_requests WHERE expires_at <= ?');
  const read = prepare<StoredRequest>(
    db,
    'SELECT digest, answer, busy_until AS busyUntil FROM idempotent_requests WHERE caller = ? AND key = ?',
  );
  const take = prepare(
    db,
    `INSERT INTO idempotent_requests (caller, key, digest, answer, busy_until, expires_at) VALUES (?, ?, ?, NULL, ?, ?)
     ON CONFLICT (caller, key) DO UPDATE SET busy_until = excluded.busy_until, expires_at = excluded.expires_at`,
  );
  return ({ caller, key, digest }, { now, busyUntil, expiresAt }): IdempotencyClaim => {
    prune.run(now);
    const stored = read.get(caller, key);
    if (stored !== undefined && stored.digest !== digest) return { state: 'other' };
    const answer = parseOrNull<KeptAnswer>(stored?.answer ?? null);
    if (answer !== null) return { state: 'answered', answer };
    if (stored !== undefined && stored.busyUntil > now) return { state: 'busy' };
    take.run(caller, key, digest, busyUntil, expiresAt);
    return { state: 'new' };
  };
}

/** Keeps the answer of a request. */
export function prepareKeepAnswer(db: DatabaseSync): Sync<'keepAnswer'> {
  const keep = prepare(db, 'UPDATE idempotent_requests SET answer = ? WHERE caller = ? AND key = ? AND digest = ?');
  return ({ caller, key, digest }: IdempotentRequest, answer) => {
    keep.run(JSON.stringify(answer), caller, key, digest);
  };
}

/** Frees a key that has no answer. */
export function prepareFreeKey(db: DatabaseSync): Sync<'freeKey'> {
  const free = prepare(
    db,
    'DELETE FROM idempotent_requests WHERE caller = ? AND key = ? AND digest = ? AND answer IS NULL',
  );
  return ({ caller, key, digest }) => {
    free.run(caller, key, digest);
  };
}
