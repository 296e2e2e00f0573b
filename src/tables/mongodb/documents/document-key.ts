import type { Document, ObjectId } from 'mongodb';
import { bson } from '../connection/driver.ts';

/** The key of a row: the `_id` of its document, as exact JSON. */
export function keyOf(document: Document): string {
  const id: unknown = document['_id'];
  if (typeof id === 'string') return JSON.stringify(id);
  // Most documents have one, and the general way takes ten times as long.
  if (isObjectId(id)) return `{"$oid":"${id.toHexString()}"}`;
  return bson().EJSON.stringify(id, { relaxed: false });
}

/** The `_id` of a key. */
export function idOf(key: string): unknown {
  if (OBJECT_ID.test(key)) return bson().ObjectId.createFromHexString(key.slice(9, -2));
  return bson().EJSON.parse(key, { relaxed: false });
}

const OBJECT_ID = /^\{"\$oid":"[0-9a-f]{24}"\}$/;

/** Whether an `_id` is of the type that a server gives by itself. */
export function isObjectId(id: unknown): id is ObjectId {
  return typeof id === 'object' && id !== null && (id as { _bsontype?: string })._bsontype === 'ObjectId';
}
