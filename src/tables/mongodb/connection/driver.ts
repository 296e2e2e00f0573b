import type { BSON } from 'mongodb';
import { loadLater } from '../../../base/process/load-later.ts';

const driver = loadLater<{ BSON: typeof BSON }>('mongodb');

/** The types of BSON; loaded with the driver. */
export function bson(): typeof BSON {
  return driver().BSON;
}
