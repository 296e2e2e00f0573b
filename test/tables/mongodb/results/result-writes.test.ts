import type { Document } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Refusal } from '../../../../src/tables/row-source.ts';
import type { OutputRecord } from '../../../../src/tables/row-writer.ts';
import type { Command } from '../../../support/mongo-memory/commands.ts';
import { type MemoryServer, startMemoryServer } from '../../../support/mongo-memory/memory-server.ts';
import { type MongoTables, openMongoTables } from '../../../support/mongo-tables.ts';

/** A real server takes a command of 16 MB. */
const MOST_CHARACTERS = 16 * 2 ** 20;

let server: MemoryServer;
let world: MongoTables;
/** The number of documents and of characters of every `insert` of results. */
let inserts: { documents: number; characters: number }[];
beforeEach(async () => {
  inserts = [];
  server = await startMemoryServer({ before: note });
  world = await openMongoTables({}, server.uri);
});
afterEach(async () => {
  await world.close();
  await server.close();
});

function note({ name, collection, body }: Command): undefined {
  if (name !== 'insert' || collection !== 'results') return;
  const documents = body['documents'] as unknown[];
  inserts.push({ documents: documents.length, characters: JSON.stringify(documents).length });
}

/** Claims new documents and writes a result of each, whose answer has this length. */
async function write(
  rows: number,
  characters: number,
  documentOf: (at: number) => Document = (at) => ({ q: `q${at}` }),
): Promise<{ refused: Refusal[]; results: number }> {
  await world.mongo.db.collection('queries').insertMany(Array.from({ length: rows }, (_, at) => documentOf(at)));
  const source = await world.tables.openSource(world.mongo.uri('queries'), { batchId: 'bat_1' });
  const writer = await world.tables.openWriter(world.mongo.uri('results'), []);
  if (writer.kind !== 'records') throw new Error('It takes no records.');
  const refused: Refusal[] = [];
  for await (const page of source.rows()) {
    const records = page.map(
      ({ key = '', line, cells }): OutputRecord => ({
        ...{ key, batchId: 'bat_1', row: line - 1, line, columns: source.columns(), origin: { cells } },
        ...{ output: { text: 'x'.repeat(characters) }, error: null, costMicroUsd: 1, endedAt: 1 },
        usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
      }),
    );
    refused.push(...(await writer.write(records)));
  }
  await source.close();
  return { refused, results: await world.mongo.db.collection('results').countDocuments() };
}

it('new results are written in one command', async () => {
  expect(await write(40, 100)).toEqual({ refused: [], results: 40 });
  expect(inserts.map(({ documents }) => documents)).toEqual([40]);
});

it('results that are too large for one command are written in several', async () => {
  expect(await write(5, 5 * 2 ** 20)).toEqual({ refused: [], results: 5 });
  expect(inserts.length).toBeGreaterThan(1);
  expect(Math.max(...inserts.map(({ characters }) => characters))).toBeLessThan(MOST_CHARACTERS);
});

it('where the id of a result is taken, its row alone is refused', async () => {
  await world.mongo.db.collection('results').insertOne({ query_id: 'q1', source_id: '"other"' });
  const { refused, results } = await write(3, 10, (at) => ({ query_id: `q${at}` }));
  expect(refused).toMatchObject([{ error: { code: 'output_failed' } }]);
  expect(refused[0]?.error.message).toContain('has a result of "other" already');
  expect(results).toBe(3);
});
