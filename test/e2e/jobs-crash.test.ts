import { expect, test } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';
import { inputOf } from '../support/echo-agent.ts';
import { startMessagesServer } from '../support/messages-server.ts';
import { createSite, type Site, until } from './rowmill-process.ts';
import { SCORER } from './scorer-agent.ts';

/** More than one transaction of jobs. */
const JOBS = 1_100;
const ADD = ['jobs', 'add', 'scorer', '--file', 'jobs.jsonl', '--idempotency-key', 'night'];
const PROCESS = ['queues', 'process', '--max-cost', '5', '--mode', 'realtime'];

/** Runs a command that a failpoint ends. */
async function killedAt(site: Site, failpoint: string, args: string[]): Promise<void> {
  const one = site.rowmillWith({ ROWMILL_TESTING: 'failpoints', ROWMILL_FAILPOINT: failpoint }, ...args);
  expect([failpoint, (await one.ended).signal]).toEqual([failpoint, 'SIGKILL']);
}

test('SIGKILL between adding, closing, sifting and sealing: no job is lost, and each is sent once', async () => {
  const sent: string[] = [];
  const server = await startMessagesServer({
    latencyMs: [0, 2],
    seed: 3,
    respond: async (request) => {
      const q = String(inputOf(request)['q']);
      sent.push(q);
      const input = { answer: `${q}!` };
      return {
        content: [{ type: 'tool_use', id: 'call_1', name: 'return_structured_data', input }],
        usage: { input_tokens: 100, output_tokens: 20 },
      };
    },
  });
  const site = await createSite(SCORER, { ANTHROPIC_BASE_URL: server.url });
  const path = `${site.env['ROWMILL_DATA_DIR']}/rowmill.db`;
  const store = await openSqliteStore({ path, now: Date.now, log: createSilentLog() });
  try {
    const words = Array.from({ length: JOBS }, (_, index) => `word${index}`);
    await site.write('jobs.jsonl', words.map((q) => JSON.stringify({ q })).join('\n'));
    await killedAt(site, 'jobs-added:1', ADD);
    expect(await store.listQueues()).toMatchObject([{ waiting: 1_000 }]);
    await site.json(...ADD);
    expect(await store.listQueues()).toMatchObject([{ waiting: JOBS }]);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
    await site.json('jobs', 'add', 'scorer', '--input', '{"q": "tomorrow"}', '--not-before', tomorrow);

    await killedAt(site, 'queue-closed:1', PROCESS);
    await killedAt(site, 'jobs-sifted:1', PROCESS);
    expect(await store.listQueues()).toMatchObject([{ waiting: JOBS + 1, collecting: [{ jobs: JOBS }, { jobs: 1 }] }]);
    await killedAt(site, 'sealed:1', PROCESS);
    expect(sent).toEqual([]);
    await site.rowmill('runner').ended;
    await until(
      async () => (await store.listBatches({ limit: 9 })).some(({ status }) => status === 'completed'),
      'the end',
    );
    expect(sent.toSorted()).toEqual(words.toSorted());
    expect(await store.listQueues()).toMatchObject([{ waiting: 1 }]);
    const jobs = await store.listJobs({ limit: JOBS + 10, state: 'succeeded' });
    expect(new Set(jobs.map(({ row }) => row?.cells[0]))).toEqual(new Set(words));
  } finally {
    await store.close();
    await site.close();
    await server.close();
  }
}, 90_000);
