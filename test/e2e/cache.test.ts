import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { echoAnswer } from '../support/echo-agent.ts';
import { type MessagesServer, startMessagesServer } from '../support/messages-server.ts';
import { createSite, type Site, until } from './rowmill-process.ts';

const AGENTS = `
agents:
  - name: echo
    model: claude-haiku-5-5
    instructions: Say something.
    input: {type: object, properties: {q: {type: string}}, required: [q]}
    structured_output:
      enabled: true
      schema:
        type: object
        properties: {note: {type: string}, length: {type: integer}, even: {type: boolean}}
        required: [note, length, even]
`;

let site: Site;
let server: MessagesServer;
beforeEach(async () => {
  server = await startMessagesServer({ respond: echoAnswer, latencyMs: [5, 30], seed: 3 });
  site = await createSite(AGENTS, { ANTHROPIC_BASE_URL: server.url });
});
afterEach(async () => {
  await site.close();
  await server.close();
});

const run = ['run', 'in.csv', '--agent', 'echo', '--out', 'out.csv', '--cache', 'all', '--overwrite', '--yes'];
const table = (words: string[]) => ['q', ...words, ''].join('\n');
/** Each word three times, far apart. */
const words = Array.from({ length: 300 }, (_, index) => `word ${index % 100}`);

test('appending rows to a file and running it again pays for the new ones only', async () => {
  await site.write('in.csv', table(words));
  const first = await site.json(...run, '--concurrency', '20');
  expect(server.stats.requests).toBe(100);
  expect(first).toMatchObject({ counts: { succeeded: 300 }, model_calls: 100, cached_calls: 200 });
  const notes = await column('note');

  await site.write('in.csv', table([...words, ...Array.from({ length: 50 }, (_, index) => `new ${index}`)]));
  const second = await site.json(...run, '--concurrency', '20');
  expect(server.stats.requests).toBe(150);
  expect(second).toMatchObject({ counts: { succeeded: 350 }, model_calls: 50, cached_calls: 300 });
  expect(second.cost_usd).toBeGreaterThan(0);
  expect(second.cost_usd).toBeLessThan(first.cost_usd);
  expect(second['saved_usd']).toBeCloseTo(3 * first.cost_usd, 9);
  expect((await column('note')).slice(0, 300)).toEqual(notes);

  const trace = await site.json('batches', 'trace', second.batch_id, '250');
  expect(trace['attempts']).toMatchObject([{ entries: [{ cachedFrom: { turn: 0 }, answer: { costMicroUsd: 0 } }] }]);
}, 60_000);

test('killed by SIGKILL, it repeats no answered call, cached or not', async () => {
  await site.write('in.csv', table(words));
  const killed = site.rowmill(...run, '--concurrency', '10', '--json');
  await until(() => server.stats.requests >= 40, '40 requests', { by: killed });
  killed.child.kill('SIGKILL');
  await killed.ended;
  const [paused] = (await site.json('batches', 'list')).batches ?? [];
  if (paused === undefined) throw new Error('no batch');
  const report = await site.json('batches', 'resume', paused.batch_id, '--yes');
  expect(report).toMatchObject({
    status: 'completed',
    counts: { succeeded: 300 },
    model_calls: 100,
    cached_calls: 200,
  });
  expect(server.stats.requests).toBeLessThanOrEqual(110);
  expect(await column('q')).toEqual(words);
}, 60_000);

async function column(name: string): Promise<string[]> {
  const rows = parse(await site.read('out.csv'), { columns: true }) as Record<string, string>[];
  return rows.map((row) => row[name] ?? '');
}
