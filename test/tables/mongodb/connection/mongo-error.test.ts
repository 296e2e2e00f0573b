import { type Collection, MongoClient } from 'mongodb';
import { afterAll, describe, expect, it } from 'vitest';
import { isConnectionError, mongoError } from '../../../../src/tables/mongodb/connection/mongo-error.ts';

describe('an operation on a server that is away', () => {
  const options = { serverSelectionTimeoutMS: 50, retryWrites: true };
  const client = new MongoClient('mongodb://127.0.0.1:1', options);
  const documents = client.db('shop').collection('queries');
  afterAll(() => client.close());

  const operations: [string, (collection: Collection) => Promise<unknown>][] = [
    ['find', (collection) => collection.find().toArray()],
    ['countDocuments', (collection) => collection.countDocuments()],
    ['updateMany', (collection) => collection.updateMany({}, { $set: { a: 1 } })],
    ['bulkWrite', (collection) => collection.bulkWrite([{ insertOne: { document: { a: 1 } } }])],
    ['insertMany', (collection) => collection.insertMany([{ a: 1 }])],
    ['createIndex', (collection) => collection.createIndex({ a: 1 })],
  ];
  it.each(operations)('is tried again: %s', async (_name, operation) => {
    const thrown: unknown = await operation(documents).catch((fault: unknown) => fault);
    expect(isConnectionError(thrown)).toBe(true);
    expect(mongoError(thrown, 'mongodb://host/shop/queries')).toMatchObject({
      code: 'location_unavailable',
      retryable: true,
      message: expect.stringContaining('check that the server runs'),
    });
  });
});

describe('an error of several writes that the server answered', () => {
  it('is not taken for a lost connection', async () => {
    const { MongoBulkWriteError } = await import('mongodb');
    const thrown = new MongoBulkWriteError({ message: 'E11000 duplicate key', code: 11_000 }, {} as never);
    expect(isConnectionError(thrown)).toBe(false);
  });
});
