import type { DatabaseSync } from 'node:sqlite';
import type { IdempotencyStore } from '../../idempotency.ts';
import type { StoreAccess } from '../store-access.ts';
import { prepareClaimKey, prepareFreeKey, prepareKeepAnswer } from './idempotent-requests.ts';

/** The part of the store that holds answers of requests that may be sent again. */
export function openIdempotencyStore(db: DatabaseSync, { write }: StoreAccess): IdempotencyStore {
  const claimKey = prepareClaimKey(db);
  const keepAnswer = prepareKeepAnswer(db);
  const freeKey = prepareFreeKey(db);
  return {
    claimKey: (request, times) => write(() => claimKey(request, times)),
    keepAnswer: (request, answer) => write(() => keepAnswer(request, answer)),
    freeKey: (request) => write(() => freeKey(request)),
  };
}
