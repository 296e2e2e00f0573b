import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MongoTables, openMongoTables } from '../../../support/mongo-tables.ts';
import { NEEDS_MONGO, testMongoUri } from '../../../support/mongodb.ts';

describe.skipIf(testMongoUri === undefined)(`a filter that the server does not understand ${NEEDS_MONGO}`, () => {
  let reach: MongoTables;
  beforeEach(async () => {
    reach = await openMongoTables();
    await reach.mongo.db.collection('queries').insertOne({ text: 'a' });
  });
  afterEach(() => reach.close());

  it.each(['{"$nothing": 1}', '{"text": {"$nothing": 1}}', '{"$or": 1}'])(
    'is a fault of the request: %s',
    async (filter) => {
      const opening = reach.tables.openSource(reach.mongo.uri('queries'), { reading: { filter } });
      await expect(opening).rejects.toMatchObject({
        code: 'invalid_arguments',
        message: expect.stringContaining('--filter (reading.filter) is not understood by the server'),
      });
    },
  );
});
