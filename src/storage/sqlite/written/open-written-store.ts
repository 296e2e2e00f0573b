import type { DatabaseSync } from 'node:sqlite';
import type { WrittenStore } from '../../written.ts';
import type { StoreAccess } from '../store-access.ts';
import { prepareFindWritten, prepareReadWriter, prepareRecordWritten } from './written-tables.ts';

/** The part of the store that holds the tables that were written. */
export function openWrittenStore(db: DatabaseSync, { read, write }: StoreAccess): WrittenStore {
  const recordWritten = prepareRecordWritten(db);
  const findWritten = prepareFindWritten(db);
  const readWriter = prepareReadWriter(db);
  return {
    recordWritten: (table) => write(() => recordWritten(table)),
    findWritten: (tables) => read(() => findWritten(tables)),
    readWriter: (place) => read(() => readWriter(place)),
  };
}
