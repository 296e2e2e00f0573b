import type { Document } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiveSource } from '../../../../src/tables/row-source.ts';
import type { OutputRecord, RecordsWriter } from '../../../../src/tables/row-writer.ts';
import { type MongoTables, openMongoTables } from '../../../support/mongo-tables.ts';
import { NEEDS_MONGO, testMongoUri } from '../../../support/mongodb.ts';

describe.skipIf(testMongoUri === undefined)(`results in a collection ${NEEDS_MONGO}`, () => {
  let world: MongoTables;
  let source: LiveSource;
  const queries = () => world.mongo.db.collection<{ _id: number; [field: string]: unknown }>('queries');
  const results = () => world.mongo.db.collection('results');
  const one = async (id: number): Promise<Document> => (await queries().findOne({ _id: id })) ?? {};

  beforeEach(async () => {
    world = await openMongoTables();
  });
  afterEach(async () => {
    await source.close();
    await world.close();
  });

  /** Claims all documents for a batch. */
  async function claim(documents: { _id: number; [field: string]: unknown }[]): Promise<OutputRecord[]> {
    await queries().insertMany(documents);
    const opened = await world.tables.openSource(world.mongo.uri('queries'), { batchId: 'bat_1' });
    if (opened.loads !== 'while-running') throw new Error('It is no live source.');
    source = opened;
    const records: OutputRecord[] = [];
    for await (const page of source.rows()) {
      for (const { key = '', line, cells } of page) {
        records.push({ ...RECORD, key, row: line - 1, line, columns: source.columns(), origin: { cells } });
      }
    }
    return records;
  }
  async function writer(collection = 'results'): Promise<RecordsWriter> {
    const opened = await world.tables.openWriter(world.mongo.uri(collection), []);
    if (opened.kind !== 'records') throw new Error('It takes no records.');
    return opened;
  }

  it('are written with the document set to processed, by its query_id', async () => {
    const records = await claim([
      { _id: 1, query_id: 'q-1' },
      { _id: 2, query_id: 'q-2' },
    ]);
    expect(await (await writer()).write(records)).toEqual([]);
    expect((await results().find().toArray()).map(({ query_id, source_id }) => [query_id, source_id])).toEqual([
      ['q-1', '{"$numberInt":"1"}'],
      ['q-2', '{"$numberInt":"2"}'],
    ]);
    expect(await one(1)).toMatchObject({ processed: true, rowmill: { state: 'done', owner: 'bat_1' } });
    // Written again after a crash, and acknowledged once more.
    expect(await (await writer()).write(records)).toEqual([]);
    expect(await source.ack?.(records.map(({ key }) => ({ key, cells: [], status: 'succeeded' as const })))).toEqual(
      [],
    );
    expect(await results().countDocuments()).toBe(2);
  });

  it('are none of a document that was changed, that is refused alone', async () => {
    const records = await claim([
      { _id: 1, q: 'a' },
      { _id: 2, q: 'b' },
    ]);
    await queries().updateOne({ _id: 1 }, { $set: { q: 'other' } });
    const refused = await (await writer()).write(records);
    expect(refused).toMatchObject([{ key: '{"$numberInt":"1"}', error: { code: 'row_changed' } }]);
    expect((await results().find().toArray()).map(({ query_id }) => query_id)).toEqual([2]);
    expect((await one(1))['processed']).toBeUndefined();
    expect((await one(2))['processed']).toBe(true);
  });

  it('are one for a query_id: a second document with the same is refused, in one portion and later', async () => {
    const records = await claim([1, 2, 3].map((id) => ({ _id: id, query_id: 'same' })));
    const first = await (await writer()).write(records.slice(0, 2));
    expect(first).toMatchObject([{ key: '{"$numberInt":"2"}', error: { code: 'output_failed' } }]);
    expect(first[0]?.error.message).toContain('"same"');
    expect(await (await writer()).write(records.slice(2))).toMatchObject([{ key: '{"$numberInt":"3"}' }]);
    expect(await results().countDocuments()).toBe(1);
    expect((await one(3))['processed']).toBeUndefined();
  });

  it('are one for each query_id of any type', async () => {
    const ids = [{ order: 1 }, { order: 2 }, new Date(1_000), new Date(1_001), 3, '3'];
    const records = await claim(ids.map((query_id, at) => ({ _id: at, query_id })));
    expect(await (await writer()).write(records)).toEqual([]);
    expect((await results().find().toArray()).map(({ query_id }) => query_id)).toEqual(ids);
  });

  it('are none above 16 MB, which is refused alone', async () => {
    const [large, small] = await claim([{ _id: 1 }, { _id: 2 }]);
    if (large === undefined || small === undefined) throw new Error('There are no rows.');
    const refused = await (await writer()).write([{ ...large, output: { text: 'x'.repeat(17 * 2 ** 20) } }, small]);
    expect(refused).toMatchObject([{ key: large.key, error: { code: 'output_failed' } }]);
    expect(await results().countDocuments()).toBe(1);
  });

  it('are none with a name or an id that can not be stored, which is refused alone', async () => {
    const long = { _id: 3, query_id: { text: 'x'.repeat(8 * 2 ** 20) }, other: 'y' };
    const [named, fine, last] = await claim([{ _id: 1 }, { _id: 2 }, long]);
    if (named === undefined || fine === undefined || last === undefined) throw new Error('There are no rows.');
    const given = [{ ...named, output: { 'a\0b': 1 } }, fine, { ...last, output: { text: 'x'.repeat(9 * 2 ** 20) } }];
    const refused = await (await writer()).write(given);
    expect(refused.map(({ key }) => key)).toEqual([named.key, last.key]);
    expect(await results().countDocuments()).toBe(1);
  });

  it('are none of failed rows', async () => {
    const [record] = await claim([{ _id: 1 }]);
    if (record === undefined) throw new Error('There is no row.');
    await (await writer()).write([{ ...record, output: null, error: { code: 'refused', message: 'No.' } }]);
    expect(await results().countDocuments()).toBe(0);
  });

  it('are set in a field of the documents themselves with #FIELD', async () => {
    const records = await claim([
      { _id: 1, q: 'a' },
      { _id: 2, q: 'b' },
    ]);
    await queries().deleteOne({ _id: 2 });
    const refused = await (await writer('queries#answer.v1')).write(records);
    expect(refused).toMatchObject([{ key: '{"$numberInt":"2"}', error: { code: 'row_changed' } }]);
    expect(await one(1)).toMatchObject({ q: 'a', processed: true, answer: { v1: { intent: 'refund' } } });
    expect(await (await writer('queries#answer.v1')).write(records.slice(0, 1))).toEqual([]);
  });
});

const RECORD: OutputRecord = {
  ...{ key: '', batchId: 'bat_1', row: 0, line: 1, columns: [], origin: { cells: [] } },
  ...{ output: { intent: 'refund' }, error: null, costMicroUsd: 1, endedAt: 1_000 },
  usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
};
