import { BSON, type Document } from 'mongodb';

/** The value at a dotted path; undefined where there is none. */
export function valueAt(document: Document, path: string): unknown {
  if (!path.includes('.')) return document[path];
  let value: unknown = document;
  for (const name of path.split('.')) value = (value as Document | null | undefined)?.[name];
  return value;
}

/** A copy of a document with another value at a dotted path. */
export function withValue(document: Document, path: string, value: unknown): Document {
  const [name = '', ...rest] = path.split('.');
  if (rest.length === 0) return { ...document, [name]: value };
  const child = document[name];
  return { ...document, [name]: withValue(isPlain(child) ? child : {}, rest.join('.'), value) };
}

/** Equal for values that a server takes for equal. */
export function keyOf(value: unknown): string {
  if (typeof value === 'string') return `"${value}`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === undefined || value === null) return 'null';
  return BSON.EJSON.stringify(value);
}

/** Below zero, zero or above: the order of two values of one type; undefined for two that have none. */
export function compare(one: unknown, other: unknown): number | undefined {
  const [a, b] = [ordinal(one), ordinal(other)];
  if (typeof a !== typeof b || a === undefined || b === undefined) return undefined;
  return a < b ? -1 : a > b ? 1 : 0;
}

function ordinal(value: unknown): number | string | undefined {
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && '_bsontype' in value) return String(value);
  return undefined;
}

/** Whether a value is a subdocument, not a value of a type of its own. */
export function isPlain(value: unknown): value is Document {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype &&
    !Array.isArray(value)
  );
}
