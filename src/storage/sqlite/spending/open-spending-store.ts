import type { DatabaseSync } from 'node:sqlite';
import type { SpendingStore } from '../../spending.ts';
import type { StoreAccess } from '../store-access.ts';

import { prepareAgreeToConsent, prepareInsertConsent, prepareReadConsent, prepareUseConsent } from './consents.ts';
import { type DayCaps, prepareReadDaySpending } from './day-spending.ts';
import { prepareForgetUnasked, prepareStartUnasked } from './unasked.ts';

/** The part of the store that holds agreements to spending and the spending of days. */
export function openSpendingStore(db: DatabaseSync, { read, write }: StoreAccess, caps: DayCaps): SpendingStore {
  const insertConsent = prepareInsertConsent(db);
  const readConsent = prepareReadConsent(db);
  const agreeToConsent = prepareAgreeToConsent(db);
  const useConsent = prepareUseConsent(db);
  const startUnasked = prepareStartUnasked(db);
  const forgetUnasked = prepareForgetUnasked(db);
  const readDaySpending = prepareReadDaySpending(db, caps);
  return {
    insertConsent: (consent, now) => write(() => insertConsent(consent, now)),
    readConsent: (by) => read(() => readConsent(by)),
    agreeToConsent: (code, now) => write(() => agreeToConsent(code, now)),
    useConsent: (token, key) => write(() => useConsent(token, key)),
    startUnasked: (spending, within) => write(() => startUnasked(spending, within)),
    forgetUnasked: (key) => write(() => forgetUnasked(key)),
    readDaySpending: (now, key) => read(() => readDaySpending(now, key)),
  };
}
