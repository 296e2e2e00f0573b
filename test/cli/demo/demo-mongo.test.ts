import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NEEDS_MONGO, openTestMongo, testMongoUri } from '../../support/mongodb.ts';
import { createWorkspace, type Workspace } from '../workspace.ts';

let space: Workspace;
beforeAll(async () => {
  space = await createWorkspace();
});
afterAll(() => space.close());

describe('rowmill demo --mongo', () => {
  it.each([
    [['--mongo', 'mongodb://ann:secret@localhost/'], 'set ROWMILL_MONGODB_URI'],
    [['--mongo', 'localhost'], 'is no server: write mongodb://HOST/'],
    [['--mongo', 'mongodb://localhost/', '--web'], 'leave --web and --out out'],
  ])('refuses %j', async (args, fault) => {
    const { code, stderr } = await space.run(['demo', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(fault);
    expect(stderr).not.toContain('secret');
  });

  it.skipIf(testMongoUri === undefined)(
    `classifies new queries each time, and leaves both collections ${NEEDS_MONGO}`,
    async () => {
      const mongo = await openTestMongo();
      try {
        for (const total of [24, 48]) {
          const { code, stdout } = await space.run(['demo', '--mongo', mongo.uri(), '--json'], { env: {} });
          expect(code).toBe(0);
          expect(JSON.parse(stdout)).toMatchObject({ status: 'completed', counts: { succeeded: 24, failed: 0 } });
          const [queries, results] = [
            mongo.db.collection('rowmill_demo_queries'),
            mongo.db.collection('rowmill_demo_results'),
          ];
          expect(await queries.countDocuments({ processed: true, processing_attempts: 1 })).toBe(total);
          const found = await results.find().toArray();
          expect(new Set(found.map(({ query_id: id }) => id)).size).toBe(total);
          expect(new Set(found.map(({ classification }) => classification.intent)).size).toBeGreaterThan(3);
        }
      } finally {
        await mongo.close();
      }
    },
    300_000,
  );
});
