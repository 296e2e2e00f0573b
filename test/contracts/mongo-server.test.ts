import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEEDS_MONGO, openTestMongo, type TestMongo, testMongoUri } from '../support/mongodb.ts';

/** What the other tests expect of a server; some that speak MongoDB's protocol do not have it. */
describe.skipIf(testMongoUri === undefined)(`the MongoDB server of the tests ${NEEDS_MONGO}`, () => {
  let mongo: TestMongo;
  beforeAll(async () => {
    mongo = await openTestMongo();
  });
  afterAll(() => mongo.close());

  it('gives each document to one of several concurrent findOneAndUpdate', async () => {
    const documents = mongo.db.collection<{ _id: number; owner?: number }>('documents');
    await documents.insertMany(Array.from({ length: 20 }, (_, at) => ({ _id: at })));
    const claims = Array.from({ length: 30 }, (_, owner) =>
      documents.findOneAndUpdate({ owner: { $exists: false } }, { $set: { owner } }),
    );
    const ids = (await Promise.all(claims)).flatMap((claimed) => claimed?._id ?? []);
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at));
  });

  it('takes back everything of a transaction that fails', async () => {
    const [one, other] = [mongo.db.collection('one'), mongo.db.collection('other')];
    const failing = mongo.client.withSession((session) =>
      session.withTransaction(async () => {
        await one.insertOne({}, { session });
        await other.insertOne({}, { session });
        throw new Error('after both writes');
      }),
    );
    await expect(failing).rejects.toThrow('after both writes');
    expect([await one.countDocuments(), await other.countDocuments()]).toEqual([0, 0]);
  });
});
