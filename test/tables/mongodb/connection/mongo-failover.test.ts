import { afterEach, expect, it } from 'vitest';
import { startWorld, type World } from '../../../runner/world.ts';
import type { Command } from '../../../support/mongo-memory/commands.ts';
import { type MemoryServer, startMemoryServer } from '../../../support/mongo-memory/memory-server.ts';
import { type MongoTables, openMongoTables } from '../../../support/mongo-tables.ts';

const ROWS = 60;

let server: MemoryServer;
let reach: MongoTables;
let world: World;
afterEach(async () => {
  await world.close();
  await reach.close();
  await server.close();
});

/** The answer of a server that is not the primary any more, with the labels of a real one. */
function steppedDown({ body }: Command) {
  const label = body['txnNumber'] === undefined ? [] : ['RetryableWriteError'];
  const errorLabels = body['autocommit'] === false ? ['TransientTransactionError'] : label;
  return { ok: 0, code: 10_107, codeName: 'NotWritablePrimary', errmsg: 'not primary', errorLabels };
}

it('a batch goes on over changes of the primary: each document has one result and one claim', async () => {
  let isOver = true;
  let commands = 0;
  let failures = 0;
  server = await startMemoryServer({
    before: (command) => {
      if (isOver || !['find', 'getMore', 'update', 'commitTransaction'].includes(command.name)) return undefined;
      commands += 1;
      if (commands % 5 !== 0) return undefined;
      failures += 1;
      return steppedDown(command);
    },
  });
  reach = await openMongoTables({ pageRows: 10 }, server.uri);
  const queries = reach.mongo.db.collection('queries');
  await queries.insertMany(Array.from({ length: ROWS }, (_, at) => ({ q: `word ${at}` })));
  world = await startWorld({ locations: [reach.kind] });
  const { uri } = reach.mongo;
  const { report } = await world.runner.create({
    csv_uri: uri('queries'),
    output_uri: uri('results'),
    target: { type: 'agent', name: 'tester' },
  });
  isOver = false;
  const ended = await world.runner.drive(report.batch_id);
  isOver = true;
  expect(ended).toMatchObject({ status: 'completed', counts: { total: ROWS, succeeded: ROWS, failed: 0 } });
  expect(failures).toBeGreaterThan(3);
  const documents = await queries.find().toArray();
  expect(documents.every(({ processed, processing_attempts: claims }) => processed === true && claims === 1)).toBe(
    true,
  );
  expect(await reach.mongo.db.collection('results').countDocuments()).toBe(ROWS);
  expect(world.sent).toHaveLength(ROWS);
});
