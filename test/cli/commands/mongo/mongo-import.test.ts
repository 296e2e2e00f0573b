import { Long, ObjectId } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NEEDS_MONGO, openTestMongo, type TestMongo, testMongoUri } from '../../../support/mongodb.ts';
import { createWorkspace, type Workspace } from '../../workspace.ts';

let space: Workspace;
beforeAll(async () => {
  space = await createWorkspace();
});
afterAll(() => space.close());

describe('rowmill mongo import', () => {
  it('refuses credentials on the command line, and says where they belong', async () => {
    const { code, stderr } = await space.run(['mongo', 'import', '--to', 'mongodb://ann:secret@db.example.com/a/b']);
    expect(code).toBe(2);
    expect(stderr).toContain('set ROWMILL_MONGODB_URI to the URI of the server with its credentials');
    expect(stderr).not.toContain('secret');
  });

  it('refuses a place that is no collection, and a number that is none', async () => {
    expect((await space.run(['mongo', 'import', '--to', 'out.csv'])).stderr).toContain('--to out.csv is no collection');
    expect((await space.run(['mongo', 'import', '--count', '0'])).code).toBe(2);
  });
});

describe.skipIf(testMongoUri === undefined)(`rowmill mongo import into a server ${NEEDS_MONGO}`, () => {
  let mongo: TestMongo;
  beforeEach(async () => {
    mongo = await openTestMongo();
  });
  afterEach(() => mongo.close());

  const json = async (...args: string[]) => {
    const env = { ROWMILL_MONGODB_URI: mongo.uri() };
    return JSON.parse((await space.run(['mongo', 'import', ...args, '--json'], { env })).stdout);
  };

  it('puts bundled queries into conversation_set once, and leaves those that are there', async () => {
    expect(await json('--count', '30')).toMatchObject({ inserted: 30, existing: 0 });
    const queries = mongo.db.collection('conversation_set');
    await queries.updateOne({ query_id: 'q-000007' }, { $set: { processed: true } });
    expect(await json('--count', '40')).toMatchObject({ inserted: 10, existing: 30 });
    expect(await queries.countDocuments()).toBe(40);
    expect(await queries.countDocuments({ processed: true })).toBe(1);
    const first = await queries.findOne({ query_id: 'q-000001' });
    expect(first?.['received_at']).toBeInstanceOf(Date);
    expect(first).toMatchObject({ channel: 'email', processed: false, customer: { plan: expect.any(String) } });
    await expect(queries.insertOne({ query_id: 'q-000001' })).rejects.toMatchObject({ code: 11_000 });
  });

  it('puts the rows of a file into the collection that is named, with every type of extended JSON', async () => {
    const rows = [
      { _id: { $oid: '66f000000000000000000001' }, query_id: 1, at: { $date: '2026-11-02T10:00:00Z' }, none: null },
      { query_id: 2, tags: ['a', { b: true }] },
    ];
    const text = rows.map((row) => JSON.stringify(row)).join('\n');
    await space.write('queries.jsonl', `${text}\n{"query_id": 3, "big": 9007199254740993}\n`);
    expect(await json('queries.jsonl', '--to', mongo.uri('tickets'))).toMatchObject({ inserted: 3 });
    const found = await mongo.db
      .collection('tickets')
      .find({}, { promoteLongs: false })
      .sort({ query_id: 1 })
      .toArray();
    expect(found[0]?._id).toEqual(new ObjectId('66f000000000000000000001'));
    expect(found[0]).toMatchObject({ query_id: 1, at: new Date('2026-11-02T10:00:00Z') });
    expect(Object.keys(found[0] ?? {})).not.toContain('none');
    expect(found[1]).toMatchObject({ tags: ['a', { b: true }] });
    expect(found[2]?.['big']).toEqual(Long.fromString('9007199254740993'));
  });

  it('makes subdocuments of columns with dots, and takes as many rows as are asked for', async () => {
    await space.write('queries.csv', 'query_id,customer.name,customer.plan\nx,Ann,plus\ny,Bo,free\n');
    expect(await json('queries.csv', '--count', '1')).toMatchObject({ inserted: 1 });
    const found = await mongo.db.collection('conversation_set').find().toArray();
    expect(found).toMatchObject([{ query_id: 'x', customer: { name: 'Ann', plan: 'plus' } }]);
  });

  it('names the document without a query_id, after those before it were imported', async () => {
    await space.write('queries.csv', 'query_id,text\na,one\n,two\nc,three\n');
    expect(await json('queries.csv')).toMatchObject({
      error: { code: 'input_invalid', message: expect.stringContaining('Document 2 has no query_id') },
    });
    expect(await mongo.db.collection('conversation_set').countDocuments()).toBe(1);
  });
});
