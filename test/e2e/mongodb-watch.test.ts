import { describe, expect, it } from 'vitest';
import { NEEDS_MONGO, testMongoUri } from '../support/mongodb.ts';
import { createMongoSite } from './mongo-site.ts';
import { until } from './rowmill-process.ts';

describe.skipIf(testMongoUri === undefined)(`a batch that watches a collection ${NEEDS_MONGO}`, () => {
  it('classifies documents that are added later, from an empty collection on, until it is interrupted', async () => {
    const site = await createMongoSite({ rows: 0 });
    try {
      await site.mongo.db.createCollection('conversation_set');
      const one = site.start('--watch', '--map', 'query=query', '--columns', '_id,query');
      await until(async () => (await site.results()).length === 0 && one.stderr() !== undefined, 'a start', {
        by: one,
      });
      for (const rows of [1, 19, 30]) {
        const wanted = (await site.documents()).length + rows;
        await site.add(rows);
        await until(async () => (await site.results()).length === wanted, `${wanted} results`, {
          by: one,
          timeoutMs: 250_000,
        });
      }
      one.child.kill('SIGINT');
      const { json } = await one.ended;
      expect(json).toMatchObject({ status: 'paused', counts: { total: 50, succeeded: 50, failed: 0 } });
      expect((await site.documents()).every(({ processed }) => processed === true)).toBe(true);
    } finally {
      await site.close();
    }
  }, 900_000);
});
