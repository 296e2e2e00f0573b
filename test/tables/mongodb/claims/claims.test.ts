import type { Document } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HeldRow, LiveSource } from '../../../../src/tables/row-source.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { type MongoTables, openMongoTables } from '../../../support/mongo-tables.ts';
import { NEEDS_MONGO, testMongoUri } from '../../../support/mongodb.ts';

const LEASE_MS = 60_000;

describe.skipIf(testMongoUri === undefined)(`claims of documents ${NEEDS_MONGO}`, () => {
  let world: MongoTables;
  const clock = createManualClock();
  const queries = () => world.mongo.db.collection<{ _id: number; [field: string]: unknown }>('queries');
  const one = async (id: number): Promise<Document> => (await queries().findOne({ _id: id })) ?? {};
  const state = async (id: number) => {
    const { rowmill, processing_attempts } = await one(id);
    return [rowmill.state, rowmill.owner, rowmill.epoch, processing_attempts];
  };
  const runOut = () => queries().updateMany({}, { $set: { 'rowmill.until': new Date(Date.now() - 1_000) } });

  beforeEach(async () => {
    world = await openMongoTables({ clock, leaseMs: LEASE_MS, pageRows: 2, maxAttempts: 3 });
    await queries().insertMany([0, 1, 2, 3].map((id) => ({ _id: id, q: `word ${id}`, note: { seen: id } })));
  });
  afterEach(() => world.close());

  async function open(batchId: string): Promise<LiveSource> {
    const source = await world.tables.openSource(world.mongo.uri('queries'), { batchId });
    if (source.loads !== 'while-running') throw new Error('It is no live source.');
    return source;
  }
  async function readAll(source: LiveSource): Promise<HeldRow[]> {
    const rows: HeldRow[] = [];
    for await (const page of source.rows()) rows.push(...page.map(({ key = '', cells }) => ({ key, cells })));
    return rows;
  }
  const succeeded = (rows: readonly HeldRow[]) => rows.map((row) => ({ ...row, status: 'succeeded' as const }));

  it('are of one batch, with the time of the server, an epoch and one attempt', async () => {
    const source = await open('bat_1');
    const rows = await readAll(source);
    expect(rows).toHaveLength(4);
    expect(await state(0)).toEqual(['claimed', 'bat_1', 1, 1]);
    const { localTime } = await world.mongo.client.db('admin').command({ hello: 1 });
    const { until } = (await one(3))['rowmill'];
    expect(until.getTime() - localTime.getTime()).toBeGreaterThan(LEASE_MS - 20_000);
    expect(until.getTime() - localTime.getTime()).toBeLessThanOrEqual(LEASE_MS);
    expect(await source.ack?.(succeeded(rows))).toEqual([]);
    expect(await state(0)).toEqual(['done', 'bat_1', 1, 1]);
    expect((await one(0))['processed']).toBe(true);
    await source.close();
  });

  it('are taken over once they have run out, and the batch that lost them is told before it runs or writes', async () => {
    const first = await open('bat_1');
    const rows = await readAll(first);
    const second = await open('bat_2');
    expect(await readAll(second)).toEqual([]);
    await runOut();
    expect(await readAll(second)).toHaveLength(4);
    expect(await state(1)).toEqual(['claimed', 'bat_2', 2, 2]);
    await clock.advance(LEASE_MS);
    const lost = await first.hold?.(rows);
    expect(lost?.map(({ error }) => error.code)).toEqual(['claim_lost', 'claim_lost', 'claim_lost', 'claim_lost']);
    expect(lost?.[0]?.error.message).toContain('bat_2');
    expect((await first.ack?.(succeeded(rows)))?.length).toBe(4);
    expect(await state(1)).toEqual(['claimed', 'bat_2', 2, 2]);
    await first.close();
    await second.close();
  });

  it('that have run out and that no other batch took are still the own ones, and no further attempt', async () => {
    const before = await open('bat_1');
    const rows = await readAll(before);
    await before.close();
    await runOut();
    const source = await open('bat_1');
    expect(await source.hold?.(rows)).toEqual([]);
    expect(await state(2)).toEqual(['claimed', 'bat_1', 1, 1]);
    const other = await open('bat_2');
    expect(await readAll(other)).toEqual([]);
    await source.close();
    await other.close();
  });

  it('of a failed row end, and count one more when the row runs again', async () => {
    const source = await open('bat_1');
    const [row] = await readAll(source);
    if (row === undefined) throw new Error('There is no row.');
    await source.ack?.([{ ...row, status: 'failed' }]);
    expect(await state(0)).toEqual(['failed', 'bat_1', 1, 1]);
    expect((await readAll(source)).some(({ key }) => key === row.key)).toBe(false);
    await source.hold?.([row]);
    expect(await state(0)).toEqual(['claimed', 'bat_1', 2, 2]);
    await source.close();
  });

  it('that are given back unrun are no attempt', async () => {
    const source = await open('bat_1');
    await readAll(source);
    await source.nack?.('rest', 'cancelled');
    expect(await state(3)).toEqual(['free', null, 1, 0]);
    await source.close();
  });

  it('are not made above the attempts that are allowed; the documents are counted in a warning', async () => {
    await queries().updateOne({ _id: 2 }, { $set: { processing_attempts: 3 } });
    const source = await open('bat_1');
    expect((await readAll(source)).map(({ key }) => key)).toEqual([0, 1, 3].map((id) => `{"$numberInt":"${id}"}`));
    expect(source.warnings()).toMatchObject([{ code: 'attempts_used_up', count: 1 }]);
    await source.close();
  });

  it.each([
    ['changed', 'row_changed', () => queries().updateOne({ _id: 1 }, { $set: { 'note.seen': 99 } })],
    ['deleted', 'row_changed', () => queries().deleteOne({ _id: 1 })],
    ['processed elsewhere', 'claim_lost', () => queries().updateOne({ _id: 1 }, { $set: { processed: true } })],
  ])('of a document that was %s do not set it to processed: %s', async (_, code, change) => {
    const source = await open('bat_1');
    const rows = await readAll(source);
    await change();
    const before = await one(1);
    const refused = await source.ack?.(succeeded(rows));
    expect(refused?.map(({ key, error }) => [key, error.code])).toEqual([['{"$numberInt":"1"}', code]]);
    expect(await one(1)).toEqual(before);
    expect((await one(0))['processed']).toBe(true);
    await source.close();
  });

  it('ignore a change of what is no column', async () => {
    const uri = world.mongo.uri('queries');
    const source = await world.tables.openSource(uri, { batchId: 'bat_1', reading: { columns: ['q'] } });
    if (source.loads !== 'while-running') throw new Error('It is no live source.');
    const rows = await readAll(source);
    await queries().updateOne({ _id: 1 }, { $set: { 'note.seen': 99 } });
    expect(await source.ack?.(succeeded(rows))).toEqual([]);
    await source.close();
  });

  it('are acknowledged twice without harm', async () => {
    const source = await open('bat_1');
    const rows = await readAll(source);
    await source.ack?.(succeeded(rows));
    await source.close();
    const again = await open('bat_1');
    expect(await again.ack?.(succeeded(rows))).toEqual([]);
    await again.close();
  });
});

describe.skipIf(testMongoUri === undefined)(`renewal of claims ${NEEDS_MONGO}`, () => {
  it('lengthens them while the source is open', async () => {
    const world = await openMongoTables({ leaseMs: 900 });
    const queries = world.mongo.db.collection<{ _id: number; rowmill?: { until: Date } }>('queries');
    await queries.insertOne({ _id: 1 });
    const source = await world.tables.openSource(world.mongo.uri('queries'), { batchId: 'bat_1' });
    for await (const _ of source.rows());
    const until = async () => (await queries.findOne({ _id: 1 }))?.rowmill?.until.getTime() ?? 0;
    const first = await until();
    await expect.poll(until, { timeout: 10_000 }).toBeGreaterThan(first + 900);
    await source.close();
    await world.close();
  });
});
