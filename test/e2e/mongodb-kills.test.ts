import { describe, expect, it } from 'vitest';
import { NEEDS_MONGO, testMongoUri } from '../support/mongodb.ts';
import { createMongoSite } from './mongo-site.ts';
import { until } from './rowmill-process.ts';

const ROWS = 200;
const KILLS = 4;

describe.skipIf(testMongoUri === undefined)(`a batch over a collection whose process is killed ${NEEDS_MONGO}`, () => {
  it('goes on with its claims: each query has one result, one attempt, and no answered call is repeated', async () => {
    const site = await createMongoSite({ rows: ROWS });
    try {
      const options = ['--batch-size', '20', '--concurrency', '8', '--idempotency-key', 'once'];
      for (let kill = 1; kill <= KILLS; kill += 1) {
        const one = site.start(...options);
        const wanted = (kill * ROWS) / (KILLS + 2);
        await until(async () => (await site.results()).length >= wanted, `${wanted} results`, {
          by: one,
          timeoutMs: 100_000,
        });
        one.child.kill('SIGKILL');
        expect((await one.ended).signal).toBe('SIGKILL');
      }
      const report = await site.run(...options);
      expect(report).toMatchObject({ status: 'completed', counts: { total: ROWS, succeeded: ROWS, failed: 0 } });
      const results = await site.results();
      expect(new Set(results.map(({ query_id }) => String(query_id))).size).toBe(ROWS);
      expect(results).toHaveLength(ROWS);
      const documents = await site.documents();
      expect(
        documents.filter(({ processed, processing_attempts }) => processed === true && processing_attempts === 1),
      ).toHaveLength(ROWS);
      expect(report.model_calls).toBe(ROWS);
    } finally {
      await site.close();
    }
  }, 400_000);
});
