import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MongoTables, openMongoTables } from '../support/mongo-tables.ts';
import { NEEDS_MONGO, testMongoUri } from '../support/mongodb.ts';
import { nightly, type SchedulesWorld, startSchedulesWorld } from './schedules-world.ts';

describe.skipIf(testMongoUri === undefined)(`a schedule over a collection ${NEEDS_MONGO}`, () => {
  let reach: MongoTables;
  let world: SchedulesWorld;
  beforeEach(async () => {
    reach = await openMongoTables();
    world = await startSchedulesWorld({ locations: [reach.kind] });
    await world.schedules.stop('nightly');
  });
  afterEach(async () => {
    await world.close();
    await reach.close();
  });

  it('runs in each of its runs what is not processed, into one collection of results', async () => {
    const { db, uri } = reach.mongo;
    const request = { csv_uri: uri('queries'), output_uri: uri('results'), target: { name: 'tester' } };
    const queries = db.collection('queries');
    await queries.insertMany([{ q: 'a' }, { q: 'b' }]);
    await world.schedules.add(
      nightly({ name: 'queries', time_zone: 'UTC', max_cost_usd: 1, action: { type: 'run_batch', request } }),
    );
    for (const rows of [2, 3]) {
      const { state, batches } = await world.schedules.trigger('queries');
      expect(state).toBe('succeeded');
      const [batch] = batches;
      const report = await world.runner.drive(batch?.batch_id ?? '');
      expect(report).toMatchObject({ status: 'completed', counts: { total: rows, succeeded: rows } });
      await queries.insertMany([{ q: 'c' }, { q: 'd' }, { q: 'e' }]);
    }
    const answers = (await db.collection('results').find().toArray()).map(
      ({ classification }) => classification.answer,
    );
    expect(answers.sort()).toEqual(['a!', 'b!', 'c!', 'd!', 'e!']);
    expect(await queries.countDocuments({ processed: { $ne: true } })).toBe(3);
  });
});
