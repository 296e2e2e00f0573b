import { describe, expect, it } from 'vitest';
import { NEEDS_MONGO, testMongoUri } from '../support/mongodb.ts';
import { createMongoSite } from './mongo-site.ts';

const ROWS = 400;

describe.skipIf(testMongoUri === undefined)(`two processes on one collection ${NEEDS_MONGO}`, () => {
  it('classify no document twice, and each at least a quarter', async () => {
    const site = await createMongoSite({ rows: ROWS });
    try {
      const options = ['--batch-size', '10', '--concurrency', '8'];
      const folders = { ROWMILL_DATA_DIR: `${site.folder}/data-2` };
      const other = site.rowmillWith(folders, ...site.args(...options), '--json');
      const reports = await Promise.all([site.start(...options).ended, other.ended]);
      const counts = reports.map(({ json }) => json?.counts.succeeded ?? 0);
      expect(reports.map(({ json }) => json?.status)).toEqual(['completed', 'completed']);
      expect(counts[0]).toBeGreaterThanOrEqual(ROWS / 4);
      expect(counts[1]).toBeGreaterThanOrEqual(ROWS / 4);
      expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(ROWS);
      process.stdout.write(`${ROWS} queries, ${counts.join(' and ')} by two processes\n`);
      expect(await site.results()).toHaveLength(ROWS);
      const attempts = (await site.documents()).map(({ processing_attempts }) => processing_attempts as number);
      expect(new Set(attempts)).toEqual(new Set([1]));
    } finally {
      await site.close();
    }
  }, 600_000);
});
