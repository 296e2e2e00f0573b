import type { Document } from 'mongodb';
import { afterEach, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../../../runner/world.ts';
import type { Command } from '../../../support/mongo-memory/commands.ts';
import { notAuthorized } from '../../../support/mongo-memory/fault.ts';
import { type MemoryServer, startMemoryServer } from '../../../support/mongo-memory/memory-server.ts';
import { type MongoTables, openMongoTables } from '../../../support/mongo-tables.ts';

let server: MemoryServer;
let reach: MongoTables;
let world: World | undefined;
/** The commands of writes that were carried out since the collections were filled. */
let written: string[];

const WRITES = ['insert', 'update', 'delete', 'create', 'createIndexes'];

afterEach(async () => {
  await world?.close();
  world = undefined;
  await reach.close();
  await server.close();
});

/** Opens two collections on a server that answers some commands in another way. */
async function open(answer: (command: Command) => Document | undefined = () => undefined): Promise<void> {
  let isFilled = false;
  written = [];
  server = await startMemoryServer({
    before: (command) => (isFilled ? answer(command) : undefined),
    after: ({ name, collection }) => {
      if (isFilled && WRITES.includes(name)) written.push(`${name} ${collection}`);
    },
  });
  reach = await openMongoTables({}, server.uri);
  await reach.mongo.db.collection('queries').insertMany([{ q: 'a' }, { q: 'b' }]);
  await reach.mongo.db.collection('results').insertMany([{ query_id: 1 }, { query_id: 2 }]);
  isFilled = true;
}

/** The problems of a plan over the two collections. */
async function problems(output = 'results', source = 'queries'): Promise<{ code: string; message: string }[]> {
  world = await startWorld({ locations: [reach.kind] });
  const { uri } = reach.mongo;
  const request = { csv_uri: uri(source), output_uri: uri(output), target: { type: 'agent' as const, name: 'tester' } };
  return (await world.runner.plan(request)).problems;
}

const isWrite = (name: string, collection: string) => (one: Command) =>
  one.name === name && one.collection === collection ? notAuthorized(one.name) : undefined;

/** The answer of a server whose user has these actions. */
const user =
  (privileges: { collection: string; actions: string[] }[]) =>
  ({ name }: Command): Document | undefined =>
    name === 'connectionStatus'
      ? {
          authInfo: {
            authenticatedUsers: [{ user: 'ann', db: 'admin' }],
            authenticatedUserPrivileges: privileges.map(({ collection, actions }) => ({
              resource: { db: '', collection },
              actions,
            })),
          },
          ok: 1,
        }
      : undefined;

describe('a plan over collections', () => {
  it('has no problem where everything is allowed, and its checks change nothing', async () => {
    await open();
    const before = await reach.mongo.db.collection('queries').find().toArray();
    expect(await problems()).toEqual([]);
    expect(await problems('queries#answer')).toEqual([]);
    expect(await reach.mongo.db.collection('queries').find().toArray()).toEqual(before);
    expect(await reach.mongo.db.listCollections().toArray()).toHaveLength(2);
    expect(await reach.mongo.db.collection('results').indexes()).toHaveLength(1);
    // An update that finds no document.
    expect(new Set(written)).toEqual(new Set(['update queries', 'update results']));
  });

  it.each([
    ['the source', 'queries', 'results'],
    ['the target', 'results', 'results'],
    ['the documents of the source', 'queries', 'queries#answer'],
  ])('says that the user may not write to %s', async (_, collection, output) => {
    await open(isWrite('update', collection));
    const found = await problems(output);
    expect(new Set(found.map(({ code }) => code))).toEqual(new Set(['location_denied']));
    expect(found[0]?.message).toContain(`no right to update in ${reach.mongo.uri(collection)}`);
    expect(found[0]?.message).toContain('readWrite');
    expect(written.filter((write) => write.endsWith(collection))).toEqual([]);
  });

  it('names the rights that the server says are missing, of a target that does not exist yet', async () => {
    await open(
      user([
        { collection: 'queries', actions: ['find', 'update'] },
        { collection: 'fresh', actions: ['find'] },
      ]),
    );
    const found = await problems('fresh');
    expect(found).toMatchObject([{ code: 'location_denied' }]);
    expect(found[0]?.message).toContain('no right to insert, update, createIndex in');
    expect(written).toEqual(['update queries']);
  });

  it('has no problem for a user with just these rights', async () => {
    const rights = { collection: '', actions: ['find', 'insert', 'update', 'createIndex'] };
    await open(user([rights]));
    expect(await problems('fresh')).toEqual([]);
  });

  it('says that the target holds two results of one query, and that its index is not unique', async () => {
    await open();
    const results = reach.mongo.db.collection('results');
    await results.insertMany([{ query_id: 1 }]);
    const [repeated] = await problems();
    expect(repeated).toMatchObject({ code: 'output_failed', message: expect.stringContaining('several documents') });
    await results.deleteMany({});
    await results.createIndex({ query_id: 1 });
    const [plain] = await problems();
    expect(plain).toMatchObject({ code: 'output_failed', message: expect.stringContaining('not unique: drop it') });
  });

  it('names no column about a row, since results are documents', async () => {
    await open();
    world = await startWorld({ locations: [reach.kind] });
    const { uri } = reach.mongo;
    const request = {
      csv_uri: uri('queries'),
      output_uri: uri('results'),
      target: { type: 'agent' as const, name: 'tester' },
    };
    const plan = await world.runner.plan(request);
    expect(plan.output_columns).toEqual(['answer']);
    const withColumns = await world.runner.plan({ ...request, output_mapping: { metadata: ['_outcome'] } });
    expect(withColumns.problems).toMatchObject([
      { code: 'option_not_supported', message: expect.stringContaining('output_mapping.metadata') },
    ]);
  });

  it('names a document by its _id', async () => {
    await open();
    const { insertedId } = await reach.mongo.db.collection('bad').insertOne({ text: 'no q' });
    world = await startWorld({ locations: [reach.kind] });
    const { uri } = reach.mongo;
    const plan = await world.runner.plan({
      csv_uri: uri('bad'),
      output_uri: uri('results'),
      input_mapping: { q: '{% $error("none") %}' },
      target: { type: 'agent', name: 'tester' },
    });
    expect(plan.problems).toMatchObject([{ code: 'input_invalid' }]);
    expect(plan.problems[0]?.message).toContain(`row 0 (_id ${insertedId.toHexString()})`);
    const target = { type: 'agent' as const, name: 'tester' };
    const shown = await world.runner.render({ csv_uri: uri('queries'), target, row: 1 });
    const [, second] = await reach.mongo.db.collection('queries').find().toArray();
    expect(shown.key).toBe(`{"$oid":"${second?._id.toHexString()}"}`);
  });
});
