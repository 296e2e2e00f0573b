import { describe, expect, it } from 'vitest';
import { NEEDS_MONGO, testMongoUri } from '../support/mongodb.ts';
import { createMongoSite } from './mongo-site.ts';

describe.skipIf(testMongoUri === undefined)(`a batch over a collection ${NEEDS_MONGO}`, () => {
  it('classifies each document once, writes one result for each and sets it to processed', async () => {
    const site = await createMongoSite({ rows: 60 });
    try {
      const report = await site.run('--batch-size', '20', '--concurrency', '8');
      expect(report).toMatchObject({ status: 'completed', counts: { total: 60, succeeded: 60, failed: 0 } });
      const documents = await site.documents();
      expect(documents.map(({ processed, processing_attempts }) => [processed, processing_attempts])).toEqual(
        documents.map(() => [true, 1]),
      );
      const results = await site.results();
      expect(results.map(({ query_id }) => String(query_id)).sort()).toEqual(
        documents.map(({ _id }) => String(_id)).sort(),
      );
      expect(results[0]).toMatchObject({ classification: { intent: 'refund' }, batch_id: report.batch_id });
      expect(await site.run()).toMatchObject({ error: { code: 'no_rows' } });
    } finally {
      await site.close();
    }
  }, 240_000);

  it('is not touched by a dry run', async () => {
    const site = await createMongoSite({ rows: 30 });
    try {
      const before = await site.digest();
      expect(await site.run('--dry-run')).toMatchObject({ row_count: 30, problems: [] });
      expect(await site.digest()).toEqual(before);
    } finally {
      await site.close();
    }
  }, 240_000);
});
