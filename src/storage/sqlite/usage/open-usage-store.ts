import type { DatabaseSync } from 'node:sqlite';
import type { UsageStore } from '../../usage.ts';
import type { StoreAccess } from '../store-access.ts';
import { prepareFoldUsage } from './fold-usage.ts';
import { prepareNoteWaiting, prepareReadCallTimes, prepareReadWaiting } from './load.ts';
import { prepareReadLedger } from './read-ledger.ts';
import { prepareReadUsage } from './read-usage.ts';

/** The part of the store that holds sums over time. */
export function openUsageStore(db: DatabaseSync, { read, write }: StoreAccess): UsageStore {
  const [readUsage, readLedger, foldUsage] = [prepareReadUsage(db), prepareReadLedger(db), prepareFoldUsage(db)];
  const [times, waiting, note] = [prepareReadCallTimes(db), prepareReadWaiting(db), prepareNoteWaiting(db)];
  return {
    readUsage: (query) => read(() => readUsage(query)),
    readLedger: (query) => read(() => readLedger(query)),
    readCallTimes: (period, seconds) => read(() => times(period, seconds)),
    readWaiting: (period, seconds) => read(() => waiting(period, seconds)),
    noteWaiting: (sample) => write(() => note(sample)),
    foldUsage: (before) => write(() => foldUsage(before)),
  };
}
