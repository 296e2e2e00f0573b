import type { Binary, Document } from 'mongodb';
import { ExactNumber } from '../../../base/json/exact-number.ts';
import type { Json, JsonObject } from '../../../protocol/messages.ts';
import type { Cell } from '../../cell.ts';
import { bson } from '../connection/driver.ts';

/** Fields of a document that say where its processing stands, and are no columns. */
export const STATE_FIELDS: readonly string[] = ['rowmill', 'processed', 'processing_attempts'];

/** Most columns of a collection. */
const MOST_COLUMNS = 1_000;

/** The dotted paths of the fields of some documents, in the order in which they are first seen. */
export function pathsOf(documents: readonly Document[]): string[] {
  const paths = new Set<string>();
  for (const one of documents) addPaths(one, '', paths);
  // A field that is a value in one document and a subdocument in another is one column.
  return [...paths].filter((path) => !hasParent(path, paths)).slice(0, MOST_COLUMNS);
}

function addPaths(document: Document, prefix: string, paths: Set<string>): void {
  for (const [name, value] of Object.entries(document)) {
    if (prefix === '' && STATE_FIELDS.includes(name)) continue;
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (isSubdocument(value) && Object.keys(value).length > 0) addPaths(value, path, paths);
    else paths.add(path);
  }
}

function hasParent(path: string, paths: ReadonlySet<string>): boolean {
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    if (paths.has(path.slice(0, dot))) return true;
  }
  return false;
}

/** The value at a dotted path; undefined where there is none. */
export function valueAt(document: Document, path: string): unknown {
  if (!path.includes('.')) return Object.hasOwn(document, path) ? document[path] : undefined;
  let value: unknown = document;
  for (const name of path.split('.')) {
    if (!isSubdocument(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** The cells of a document. */
export function cellsOf(document: Document, paths: readonly string[]): Cell[] {
  return paths.map((path) => cellOf(valueAt(document, path)));
}

/**
 * A value of BSON as a cell, exactly: an ObjectId and a UUID in hexadecimal digits, a date in ISO 8601, a decimal as its
 * digits, binary data in base 64, a long integer as a number. A missing field is null.
 */
export function cellOf(value: unknown): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return exact(value);
  if (typeof value !== 'object') return value as Json;
  if (Array.isArray(value)) return value.map(cellOf);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value.getTime()) : value.toISOString();
  if (value instanceof RegExp) return String(value);
  const type = (value as { _bsontype?: string })._bsontype;
  if (type === undefined) return subdocument(value as Document);
  return ofType(type, value);
}

function ofType(type: string, value: object): Cell {
  switch (type) {
    case 'ObjectId':
    case 'UUID':
    case 'Decimal128':
      return String(value);
    case 'Long':
    case 'Timestamp':
      return exact(BigInt(String(value)));
    case 'Int32':
    case 'Double':
      return cellOf(Number(value));
    case 'Binary': {
      const binary = value as Binary;
      return binary.sub_type === 4 ? String(binary.toUUID()) : binary.toString('base64');
    }
    default:
      // Code, a reference, MinKey: in the JSON that MongoDB writes for it.
      return JSON.parse(bson().EJSON.stringify(value, { relaxed: true })) as Json;
  }
}

function exact(value: bigint): Cell {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : new ExactNumber(String(value));
}

function subdocument(document: Document): JsonObject {
  return Object.fromEntries(Object.entries(document).map(([name, value]): [string, Json] => [name, cellOf(value)]));
}

function isSubdocument(value: unknown): value is Document {
  if (typeof value !== 'object' || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype && !('_bsontype' in value);
}
