import { afterEach, beforeEach, expect, it } from 'vitest';
import { type MemoryServer, startMemoryServer } from '../../../support/mongo-memory/memory-server.ts';
import { type MongoTables, openMongoTables } from '../../../support/mongo-tables.ts';

const ROWS = 60;

let server: MemoryServer;
let reach: MongoTables;
beforeEach(async () => {
  server = await startMemoryServer();
  reach = await openMongoTables({ pageRows: 2 }, server.uri);
  await reach.mongo.db.collection('queries').insertMany(Array.from({ length: ROWS }, (_, at) => ({ q: at })));
});
afterEach(async () => {
  await reach.close();
  await server.close();
});

/** Claims all documents. Resolves to the sizes of the pages. */
async function sizes(reading = {}): Promise<number[]> {
  const source = await reach.tables.openSource(reach.mongo.uri('queries'), { batchId: 'bat_1', reading });
  const pages: number[] = [];
  const keys = new Set<string | undefined>();
  for await (const page of source.rows()) {
    pages.push(page.length);
    for (const { key } of page) keys.add(key);
  }
  expect(keys.size).toBe(ROWS);
  await source.close();
  return pages;
}

it('claims pages of the size that was asked for, else of its own', async () => {
  expect(new Set(await sizes())).toEqual(new Set([2]));
  await reach.mongo.db.collection('queries').updateMany({}, { $set: { rowmill: null } });
  expect(new Set(await sizes({ batchSize: 5 }))).toEqual(new Set([5]));
});
