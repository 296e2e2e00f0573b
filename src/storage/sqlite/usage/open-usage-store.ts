import type { DatabaseSync } from 'node:sqlite';
import type { UsageStore } from '../../usage.ts';
import type { StoreAccess } from '../store-access.ts';
import { prepareFoldUsage } from './fold-usage.ts';
import { prepareReadUsage } from './read-usage.ts';

/** The part of the store that holds sums over time. */
export function openUsageStore(db: DatabaseSync, { read, write }: StoreAccess): UsageStore {
  const [readUsage, foldUsage] = [prepareReadUsage(db), prepareFoldUsage(db)];
  return {
    readUsage: (query) => read(() => readUsage(query)),
    foldUsage: (before) => write(() => foldUsage(before)),
  };
}
