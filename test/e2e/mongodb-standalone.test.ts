import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { echoAnswer, inputOf } from '../support/echo-agent.ts';
import { type MessagesServer, startMessagesServer } from '../support/messages-server.ts';
import type { Command } from '../support/mongo-memory/commands.ts';
import { CommandFault, faultReply, notAuthorized } from '../support/mongo-memory/fault.ts';
import { type MemoryServer, startMemoryServer } from '../support/mongo-memory/memory-server.ts';
import { createMongoSite, type MongoSite } from './mongo-site.ts';
import { until } from './rowmill-process.ts';

const ROWS = 12;
const NO_TRANSACTIONS = 'Transaction numbers are only allowed on a replica set member or mongos';

/** Whether a command sets documents to processed. */
const isAcknowledging = ({ name, body }: Command) =>
  name === 'update' && JSON.stringify(body['updates']).includes('"processed":true,"rowmill.state":"done"');

describe('a batch over a collection of a server', () => {
  let server: MemoryServer;
  let site: MongoSite;
  let model: MessagesServer;
  /** The queries that the model was asked about. */
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    model = await startMessagesServer({
      respond: (request) => {
        asked.push(String(inputOf(request)['query']));
        return echoAnswer(request);
      },
    });
  });
  afterEach(async () => {
    await site.close();
    await server.close();
    await model.close();
  });
  async function open(rows: number, options: Parameters<typeof startMemoryServer>[0]): Promise<void> {
    server = await startMemoryServer(options);
    site = await createMongoSite({ rows, model: 'claude-haiku-5-5', modelUrl: model.url, serverUri: server.uri });
  }
  async function expectEachOnce(rows: number): Promise<void> {
    const documents = await site.documents();
    const done = documents.filter(({ processed, processing_attempts: claims }) => processed === true && claims === 1);
    expect(done).toHaveLength(rows);
    const results = await site.results();
    expect(results.map(({ query_id: id }) => String(id)).sort()).toEqual(
      documents.map(({ _id }) => String(_id)).sort(),
    );
    expect(asked.toSorted()).toEqual(documents.map(({ query }) => String(query)).sort());
  }

  it('without transactions is resumed after a kill between its two writes, without another call', async () => {
    let isHeld = true;
    let held = 0;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await open(ROWS, {
      isStandalone: true,
      // The results are written when the acknowledgement arrives; it is not carried out before the kill.
      before: async (command) => {
        if (!isHeld || !isAcknowledging(command)) return undefined;
        held += 1;
        await released;
        return notAuthorized('update of a client that is gone');
      },
    });
    const one = site.start('--idempotency-key', 'once', '--concurrency', '4');
    await until(() => held > 0, 'an acknowledgement', { by: one, timeoutMs: 120_000 });
    const written = new Set((await site.results()).map(({ query_id: id }) => String(id)));
    expect(written.size).toBeGreaterThan(0);
    one.child.kill('SIGKILL');
    await one.ended;
    isHeld = false;
    release();
    const documents = await site.documents();
    expect(documents.filter(({ processed }) => processed === true)).toEqual([]);

    const report = await site.run('--idempotency-key', 'once', '--concurrency', '4');
    expect(report).toMatchObject({ status: 'completed', counts: { total: ROWS, succeeded: ROWS, failed: 0 } });
    const answered = documents.filter(({ _id }) => written.has(String(_id))).map(({ query }) => query as unknown);
    expect(asked.filter((query) => answered.includes(query))).toHaveLength(answered.length);
    // A call whose answer was on its way when the process was killed is sent again.
    asked = [...new Set(asked)];
    await expectEachOnce(ROWS);
  }, 240_000);

  it('that refuses transactions, whatever it says of itself, writes the result first and then acknowledges', async () => {
    const order: string[] = [];
    await open(ROWS, {
      before: ({ body }) =>
        body['startTransaction'] === true
          ? faultReply(new CommandFault(20, 'IllegalOperation', NO_TRANSACTIONS))
          : undefined,
      after: (command) => {
        if (isAcknowledging(command)) order.push('processed');
        if (command.name === 'insert' && command.collection === 'sentimental_analysis') order.push('result');
      },
    });
    expect(await site.run()).toMatchObject({ status: 'completed', counts: { succeeded: ROWS, failed: 0 } });
    await expectEachOnce(ROWS);
    expect(order[0]).toBe('result');
    expect(new Set(order)).toEqual(new Set(['result', 'processed']));
  }, 120_000);

  it('without change streams is asked again for documents that are added later', async () => {
    await open(1, { isStandalone: true });
    const one = site.start('--watch');
    for (const rows of [1, 4, 7]) {
      if (rows > 1) await site.add(rows - (await site.documents()).length);
      await until(async () => (await site.results()).length === rows, `${rows} results`, {
        by: one,
        timeoutMs: 120_000,
      });
    }
    one.child.kill('SIGINT');
    expect((await one.ended).json).toMatchObject({ status: 'paused', counts: { total: 7, succeeded: 7 } });
    await expectEachOnce(7);
  }, 240_000);
});
