import type { Document } from 'mongodb';
import { bson } from './driver.ts';

/** The key of a row: the `_id` of its document, as exact JSON. */
export function keyOf(document: Document): string {
  return bson().EJSON.stringify(document['_id'], { relaxed: false });
}

/** The `_id` of a key. */
export function idOf(key: string): unknown {
  return bson().EJSON.parse(key, { relaxed: false });
}
