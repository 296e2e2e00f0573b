import { afterAll, beforeAll, describe } from 'vitest';
import { type MemoryServer, startMemoryServer } from '../support/mongo-memory/memory-server.ts';
import { NEEDS_MONGO, testMongoUri } from '../support/mongodb.ts';
import { openSourceBench, openWriterBench } from './mongo-bench.ts';
import { testLiveSource, testRowSource } from './row-source.ts';
import { testRecordsWriter } from './row-writer.ts';

describe.skipIf(testMongoUri === undefined)(`collections ${NEEDS_MONGO}`, () => {
  testRowSource('MongoDB', openSourceBench);
  testLiveSource('MongoDB', openSourceBench);
  testRecordsWriter('MongoDB', openWriterBench);
});

describe('collections of a server without transactions and change streams', () => {
  let server: MemoryServer;
  beforeAll(async () => {
    server = await startMemoryServer({ isStandalone: true });
  });
  afterAll(() => server.close());

  testRowSource('MongoDB', () => openSourceBench(server.uri));
  testLiveSource('MongoDB', () => openSourceBench(server.uri));
  testRecordsWriter('MongoDB', () => openWriterBench(server.uri));
});
