import { type Document, Long, ObjectId } from 'mongodb';
import { createCollection, index, type MemoryCollection, put, remove, select, update } from './collections.ts';
import { CommandFault } from './fault.ts';
import { valueAt } from './values.ts';

/** Documents of an answer where nothing else is asked for. */
const FIRST_BATCH = 101;

/** A command of a driver. */
export interface Command {
  /** Its name: `find`. */
  name: string;
  db: string;
  /** The collection, of a command that names one. */
  collection: string;
  body: Document;
}

/** Carries out commands on collections in memory. */
export interface MemoryData {
  /** @throws CommandFault */
  run(command: Command): Document;
}

/** Starts without a collection. */
export function createMemoryData(): MemoryData {
  const collections = new Map<string, MemoryCollection>();
  const cursors = new Map<number, { ns: string; rest: Document[] }>();
  let nextCursor = 1;

  const find = ({ db, collection }: Command) => collections.get(`${db}.${collection}`);
  const make = ({ db, collection }: Command) => {
    const made = collections.get(`${db}.${collection}`) ?? createCollection();
    collections.set(`${db}.${collection}`, made);
    return made;
  };
  /** The first page of an answer; the rest is fetched by its cursor. */
  const answer = ({ db, collection, body }: Command, documents: Document[]): Document => {
    const ns = `${db}.${collection}`;
    const size = Number(body['batchSize'] ?? body['cursor']?.batchSize ?? FIRST_BATCH);
    const [firstBatch, rest] = [documents.slice(0, size), documents.slice(size)];
    const id = rest.length === 0 ? 0 : nextCursor++;
    if (id !== 0) cursors.set(id, { ns, rest });
    return { cursor: { id: Long.fromNumber(id), ns, firstBatch } };
  };

  const handlers: Record<string, (command: Command, now: Date) => Document> = {
    find(command, now) {
      const { filter = {}, sort, skip = 0, limit = 0, projection } = command.body;
      const found = find(command);
      const all = found === undefined ? [] : select(found, { filter, sort, now });
      const wanted = all.slice(skip, limit === 0 ? undefined : skip + limit);
      return answer(command, projection === undefined ? wanted : wanted.map((one) => project(one, projection)));
    },
    getMore({ body }) {
      const id = Number(body['getMore']);
      const cursor = cursors.get(id);
      if (cursor === undefined) throw new CommandFault(43, 'CursorNotFound', `cursor id ${id} not found`);
      const nextBatch = cursor.rest.splice(0, Number(body['batchSize'] ?? FIRST_BATCH));
      const isOver = cursor.rest.length === 0;
      if (isOver) cursors.delete(id);
      return { cursor: { id: Long.fromNumber(isOver ? 0 : id), ns: cursor.ns, nextBatch } };
    },
    killCursors({ body }) {
      for (const id of body['cursors'] as unknown[]) cursors.delete(Number(id));
      return {};
    },
    aggregate(command, now) {
      const found = find(command);
      const documents = found === undefined ? [] : [...found.documents.values()];
      return answer(command, aggregated(documents, command.body['pipeline'] as Document[], now));
    },
    insert: (command) => {
      const to = make(command);
      return writes(command.body['documents'] as Document[], command.body, (document) => {
        put(to, { _id: new ObjectId(), ...document });
        return { found: 1 };
      });
    },
    update(command, now) {
      const updates = command.body['updates'] as Parameters<typeof update>[1][];
      const isAdding = updates.some(({ upsert }) => upsert === true);
      const to = isAdding ? make(command) : (find(command) ?? createCollection());
      return writes(updates, command.body, (one) => update(to, one, now));
    },
    delete(command, now) {
      const from = find(command) ?? createCollection();
      return writes(command.body['deletes'] as { q: Document; limit: number }[], command.body, ({ q, limit }) => {
        const found = select(from, { filter: q, now });
        const removed = limit === 1 ? found.slice(0, 1) : found;
        for (const document of removed) remove(from, document);
        return { found: removed.length };
      });
    },
    createIndexes(command) {
      const on = make(command);
      for (const wanted of command.body['indexes'] as Document[]) index(on, wanted);
      return {};
    },
    listIndexes(command) {
      const on = find(command);
      if (on === undefined) throw new CommandFault(26, 'NamespaceNotFound', `ns does not exist: ${command.collection}`);
      return answer(command, on.indexes);
    },
    listCollections(command) {
      const own = [...collections.keys()].filter((name) => name.startsWith(`${command.db}.`));
      const names = own.map((name) => name.slice(command.db.length + 1));
      const wanted = command.body['filter']?.name;
      const listed = names.filter((name) => wanted === undefined || name === wanted);
      return answer(
        command,
        listed.map((name) => ({ name, type: 'collection' })),
      );
    },
    create: (command) => {
      make(command);
      return {};
    },
    dropDatabase({ db }) {
      for (const name of [...collections.keys()]) if (name.startsWith(`${db}.`)) collections.delete(name);
      return {};
    },
    connectionStatus: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } }),
    ping: () => ({}),
    endSessions: () => ({}),
    // A transaction hides nothing here, and what it wrote stays.
    commitTransaction: () => ({}),
    abortTransaction: () => ({}),
  };
  return {
    run(command) {
      const handler = handlers[command.name];
      if (handler === undefined) throw new CommandFault(59, 'CommandNotFound', `no such command: '${command.name}'`);
      return { ...handler(command, new Date()), ok: 1 };
    },
  };
}

/** The answer to writes: how many documents they found, and which of them failed. */
function writes<T>(
  given: readonly T[],
  { ordered = true }: Document,
  write: (one: T) => { found: number; added?: unknown },
): Document {
  let n = 0;
  const writeErrors: Document[] = [];
  const upserted: Document[] = [];
  for (const [at, one] of given.entries()) {
    try {
      const { found, added } = write(one);
      n += found + (added === undefined ? 0 : 1);
      if (added !== undefined) upserted.push({ index: at, _id: added });
    } catch (thrown) {
      if (!(thrown instanceof CommandFault)) throw thrown;
      writeErrors.push({ index: at, code: thrown.code, errmsg: thrown.message });
      if (ordered) break;
    }
  }
  return {
    ...{ n, nModified: n - upserted.length },
    ...(upserted.length > 0 && { upserted }),
    ...(writeErrors.length > 0 && { writeErrors }),
  };
}

function aggregated(documents: Document[], pipeline: Document[], now: Date): Document[] {
  let left = documents;
  for (const stage of pipeline) {
    const [name = '', operand] = Object.entries(stage)[0] ?? [];
    if (name === '$match') {
      const collection = createCollection();
      left = select({ ...collection, documents: new Map(left.entries()) as never }, { filter: operand, now });
    } else if (name === '$skip') left = left.slice(operand);
    else if (name === '$limit') left = left.slice(0, operand);
    else if (name === '$group') left = grouped(left, operand);
    else throw new CommandFault(40_324, 'Location40324', `Unrecognized pipeline stage name: '${name}'`);
  }
  return left;
}

/** Groups with the number of their documents. */
function grouped(documents: readonly Document[], { _id: by, ...counts }: Document): Document[] {
  const [name = 'n'] = Object.keys(counts);
  const idOf = (document: Document) =>
    typeof by === 'string' && by.startsWith('$') ? (valueAt(document, by.slice(1)) ?? null) : by;
  return [...Map.groupBy(documents, (document) => JSON.stringify(idOf(document)))].map(([, ones]) => ({
    _id: idOf(ones[0] as Document),
    [name]: ones.length,
  }));
}

/** The fields that a projection names. */
function project(document: Document, projection: Document): Document {
  const { _id: id = 1, ...paths } = projection;
  const { _id: own, ...others } = document;
  const made: Document = id === 0 ? {} : { _id: own };
  if (Object.keys(paths).length === 0) return { ...made, ...others };
  for (const path of Object.keys(paths)) {
    const names = path.split('.');
    const value = valueAt(document, path);
    if (value === undefined) continue;
    let parent = made;
    for (const name of names.slice(0, -1)) {
      parent[name] ??= {};
      parent = parent[name] as Document;
    }
    parent[names.at(-1) ?? path] = value;
  }
  return made;
}
