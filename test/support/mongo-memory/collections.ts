import { type Document, ObjectId } from 'mongodb';
import { updated } from './evaluate.ts';
import { CommandFault } from './fault.ts';
import { matches } from './query.ts';
import { compare, isPlain, keyOf, valueAt } from './values.ts';

/** One collection in memory. */
export interface MemoryCollection {
  documents: Map<string, Document>;
  indexes: Document[];
  /** By the path of a unique index: the `_id` of each value, both as keys. */
  unique: Map<string, Map<string, string>>;
}

/** An empty collection. */
export function createCollection(): MemoryCollection {
  return { documents: new Map(), indexes: [{ v: 2, key: { _id: 1 }, name: '_id_' }], unique: new Map() };
}

/** The documents that a filter selects, in order. */
export function select(
  collection: MemoryCollection,
  { filter, sort = {}, now }: { filter: Document; sort?: Document | undefined; now: Date },
): Document[] {
  const found: Document[] = [];
  for (const document of among(collection, filter)) if (matches(document, filter, now)) found.push(document);
  const order = Object.entries(sort);
  if (order.length === 0) return found;
  return found.sort((one, other) => {
    for (const [path, way] of order) {
      const places = compare(valueAt(one, path), valueAt(other, path)) ?? 0;
      if (places !== 0) return places * Number(way);
    }
    return 0;
  });
}

/** The documents that a filter can select: by `_id` or by a unique index, where it names values of it. */
function among({ documents, unique }: MemoryCollection, filter: Document): Iterable<Document> {
  for (const path of ['_id', ...unique.keys()]) {
    const values = valuesOf(filter[path]);
    if (values === undefined) continue;
    const ids = values.map((value) => (path === '_id' ? keyOf(value) : (unique.get(path)?.get(keyOf(value)) ?? '')));
    return [...new Set(ids)].flatMap((id) => documents.get(id) ?? []);
  }
  return documents.values();
}

function valuesOf(wanted: unknown): unknown[] | undefined {
  if (wanted === undefined) return undefined;
  if (!isPlain(wanted) || !Object.keys(wanted)[0]?.startsWith('$')) return [wanted];
  if ('$in' in wanted) return wanted['$in'] as unknown[];
  return '$eq' in wanted ? [wanted['$eq']] : undefined;
}

/** Puts a document in the place of another, or adds it. @throws CommandFault for a value that a unique index has */
export function put(collection: MemoryCollection, document: Document, before?: Document): void {
  const id = keyOf(document['_id']);
  if (before === undefined && collection.documents.has(id)) throw duplicate('_id', document);
  for (const [path, values] of collection.unique) {
    const owner = values.get(keyOf(valueAt(document, path)));
    if (owner !== undefined && owner !== id) throw duplicate(path, document);
  }
  for (const [path, values] of collection.unique) {
    if (before !== undefined) values.delete(keyOf(valueAt(before, path)));
    values.set(keyOf(valueAt(document, path)), id);
  }
  collection.documents.set(id, document);
}

/** Removes a document. */
export function remove({ documents, unique }: MemoryCollection, document: Document): void {
  for (const [path, values] of unique) values.delete(keyOf(valueAt(document, path)));
  documents.delete(keyOf(document['_id']));
}

/** Carries out one update. Resolves to the number of documents that it found, and the `_id` that it added. */
export function update(
  collection: MemoryCollection,
  { q, u, multi, upsert }: { q: Document; u: Document | Document[]; multi?: boolean; upsert?: boolean },
  now: Date,
): { found: number; added?: unknown } {
  const found = select(collection, { filter: q, now });
  const changed = multi === true ? found : found.slice(0, 1);
  for (const document of changed) put(collection, updated(document, u, now), document);
  if (changed.length > 0 || upsert !== true) return { found: changed.length };
  const document = { _id: new ObjectId(), ...u };
  put(collection, document);
  return { found: 0, added: document._id };
}

/** Makes an index; a unique one is kept, all others are only listed. */
export function index(collection: MemoryCollection, wanted: Document): void {
  const found = collection.indexes.find(({ name }) => name === wanted['name']);
  if (found !== undefined) {
    if (Boolean(found['unique']) === Boolean(wanted['unique'])) return;
    const text = `An existing index has the same name as the requested index: ${wanted['name']}`;
    throw new CommandFault(86, 'IndexKeySpecsConflict', text);
  }
  const [path = ''] = Object.keys(wanted['key'] as Document);
  if (wanted['unique'] === true) {
    const values = new Map<string, string>();
    for (const document of collection.documents.values()) {
      const value = keyOf(valueAt(document, path));
      if (values.has(value)) throw duplicate(path, document);
      values.set(value, keyOf(document['_id']));
    }
    collection.unique.set(path, values);
  }
  collection.indexes.push({ v: 2, ...wanted });
}

function duplicate(path: string, document: Document): CommandFault {
  const value = keyOf(valueAt(document, path));
  return new CommandFault(11_000, 'DuplicateKey', `E11000 duplicate key error index: ${path}_1 dup key: ${value}`);
}
