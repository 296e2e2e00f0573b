import { afterEach, beforeEach, expect, test } from 'vitest';
import { hasToolResult, inputOf } from '../support/echo-agent.ts';
import { ANSWER_TOOL, type WireRequest } from '../support/messages-wire.ts';
import { createOldDataSite, type OldDataSite } from './old-data-site.ts';
import type { Report } from './rowmill-process.ts';

// A data directory that commit 75d472b made; test/fixtures/old-data/README.md says what is in it and how it was made.

/** What a call costs in micro-dollars: a first turn, a second one, and a first turn through the batch API. */
const COST = { first: 210, second: 202, inJob: 105 };
/** Bills in micro-dollars as the old program left them. */
const BILLED = { apples: 16 * COST.first + 14 * COST.second, pears: COST.first, plums: 12 * COST.first };

let site: OldDataSite;
beforeEach(async () => {
  site = await createOldDataSite();
});
afterEach(() => site.close());

const words = (name: string, from: number, end: number) =>
  Array.from({ length: end - from }, (_, index) => `${name}-${from + index}`);
const microUsd = ({ cost_usd }: Report) => Number((cost_usd * 1e6).toFixed(6));
const sent = (requests: readonly WireRequest[]) =>
  requests.map((request) => `${inputOf(request)['word']} ${hasToolResult(request) ? 'second' : 'first'}`).toSorted();
const firsts = (name: string, from: number, end: number) =>
  words(name, from, end)
    .map((word) => `${word} first`)
    .toSorted();
/** The lines of a table without its header and processing times. */
const linesOf = async (name: string) => {
  const lines = (await site.read(name)).trim().split('\n').slice(1);
  return lines.map((line) => line.split(',').slice(0, 3).join(','));
};
const succeeded = (word: string) => `${word},echo:${word},SUCCESS`;

/** How a request asks for the answer. A batch that was stored without a mode goes on asking for a call. */
const formOf = ({ tools, output_config: output, system }: WireRequest) => {
  const isTold = JSON.stringify(system).includes(`Give the answer by calling the tool ${ANSWER_TOOL}`);
  const isTool = tools?.some(({ name }) => name === ANSWER_TOOL);
  return `tool: ${isTool}, told: ${isTold}, format: ${output}`;
};
const AS_TOOL = 'tool: true, told: true, format: undefined';

/** Opens the directory again, where nothing may be left to do, and looks at the database itself. */
async function expectAtRest({ batch_id, status, counts, cost_usd }: Report): Promise<void> {
  const { server, toolCalls } = site;
  const sends = () => [server.realtime.length, server.calls.length, toolCalls.length];
  const before = sends();
  for (const command of ['show', 'resume']) {
    expect(await site.json('batches', command, batch_id)).toMatchObject({ batch_id, status, counts, cost_usd });
  }
  expect(sends()).toEqual(before);
  const db = site.openDatabase();
  expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  expect(db.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
  db.close();
}

test('old batches are listed and shown as they were left, with their bills', async () => {
  const { apples, pears, plums } = site.ids;
  const left = [
    { batch_id: pears, status: 'running', counts: { total: 20, queued: 3, running: 16, succeeded: 1, failed: 0 } },
    { batch_id: apples, status: 'paused', counts: { total: 20, queued: 7, running: 0, succeeded: 12, failed: 1 } },
    { batch_id: plums, status: 'completed', counts: { total: 12, queued: 0, running: 0, succeeded: 12, failed: 0 } },
  ];
  const { batches = [] } = await site.json('batches', 'list');
  expect(batches).toMatchObject(left);
  expect(batches.map(microUsd)).toEqual([BILLED.pears, BILLED.apples, BILLED.plums]);
  for (const [index, batch] of left.entries()) {
    const { cost_usd } = batches[index] ?? {};
    expect(await site.json('batches', 'show', batch.batch_id)).toMatchObject({ ...batch, cost_usd });
  }
});

test('rows, traces and the table of an old completed batch are read', async () => {
  const { plums } = site.ids;
  const { rows } = (await site.json('batches', 'rows', plums)) as unknown as { rows: object[] };
  expect(rows).toMatchObject(
    words('plum', 0, 12).map((word, row) => ({ row, status: 'succeeded', output: { answer: `echo:${word}` } })),
  );
  const trace = JSON.stringify(await site.json('batches', 'trace', plums, '7'));
  expect(trace).toContain('"word":"plum-7"');
  expect(trace).toContain('echo:plum-7');
  expect(await linesOf(`data/results/${plums}.csv`)).toEqual(words('plum', 0, 12).map(succeeded));
  await site.json('batches', 'export', plums, '--out', 'plums-again.csv');
  expect(await site.read('plums-again.csv')).toBe(await site.read(`data/results/${plums}.csv`));
  await expectAtRest(await site.json('batches', 'show', plums));
});

test('an old paused batch goes on: only what has no answer is sent, and comes to the bill', async () => {
  const { server, toolCalls, ids } = site;
  const report = await site.json('batches', 'resume', ids.apples);
  expect(report).toMatchObject({
    status: 'completed',
    counts: { total: 20, queued: 0, running: 0, succeeded: 19, failed: 1 },
  });
  // The second turn of row 12 was in flight; row 14 had its answers and had not ended; from 15 on nothing was answered.
  const rest = words('apple', 15, 20);
  expect(sent(server.realtime)).toEqual([
    'apple-12 second',
    ...rest.flatMap((word) => [`${word} first`, `${word} second`]),
  ]);
  expect(server.realtime.map(formOf)).toEqual(server.realtime.map(() => AS_TOOL));
  expect(toolCalls.toSorted()).toEqual(rest);
  expect(server.calls).toEqual([]);
  expect(microUsd(report)).toBe(BILLED.apples + COST.second + rest.length * (COST.first + COST.second));
  expect(await linesOf('apples-counted.csv')).toEqual(
    words('apple', 0, 20).map((word, row) => (row === 3 ? `${word},,FAILED` : succeeded(word))),
  );
  // Both attempts of the row that was redriven.
  const redriven = JSON.stringify(await site.json('batches', 'trace', ids.apples, '5'));
  expect(redriven).toContain('model_request_invalid');
  expect(redriven).toContain('echo:apple-5');
  await expectAtRest(report);
});

test('an old batch with open jobs goes on: they are taken in, and only rows that were in none are sent', async () => {
  const { server, ids } = site;
  const report = await site.json('batches', 'resume', ids.pears);
  expect(report).toMatchObject({
    status: 'completed',
    counts: { total: 20, queued: 0, running: 0, succeeded: 20, failed: 0 },
  });
  expect(server.realtime).toEqual([]);
  const jobs = ['msgbatch_1', 'msgbatch_2', 'msgbatch_3'].map((id) => `/v1/messages/batches/${id}`);
  const calls = new Set(server.calls.map((call) => `${call.route} ${call.path}`));
  expect([...calls].toSorted()).toEqual([
    'create /v1/messages/batches',
    ...jobs.map((path) => `results ${path}/results`),
    ...jobs.map((path) => `status ${path}`),
  ]);
  expect(server.calls.filter(({ route }) => route === 'create')).toHaveLength(1);
  expect(server.jobs.map(({ id, items }) => [id, sent(items.map(({ request }) => request))])).toEqual([
    ['msgbatch_1', firsts('pear', 1, 9)],
    ['msgbatch_2', firsts('pear', 9, 17)],
    ['msgbatch_3', firsts('pear', 17, 20)],
  ]);
  const asked = server.jobs.flatMap(({ items }) => items.map(({ request }) => formOf(request)));
  expect(new Set(asked)).toEqual(new Set([AS_TOOL]));
  expect(microUsd(report)).toBe(BILLED.pears + 19 * COST.inJob);
  expect(report.cost_usd_at_most).toBe(report.cost_usd);
  expect(await linesOf('pears-echoed.csv')).toEqual(words('pear', 0, 20).map(succeeded));
  await expectAtRest(report);
});

test('an old conversation is read, and goes on', async () => {
  const { server, conversationId } = site;
  // Nothing for `serve` to drive.
  for (const id of [site.ids.apples, site.ids.pears]) await site.json('batches', 'resume', id);
  const said: [role: string, text: string][] = [
    ['user', 'What is in apples.csv?'],
    ['assistant', 'I look.'],
    ['user', '20 rows, 1 column'],
    ['assistant', 'It has 20 words.'],
    ['user', 'Thank you.'],
    ['assistant', 'You are welcome.'],
  ];
  const expectSaid = (messages: readonly Said[] = [], all: readonly [string, string][] = said) => {
    expect(messages.map(({ role }) => role)).toEqual(all.map(([role]) => role));
    for (const [index, [, text]] of all.entries()) expect(JSON.stringify(messages[index]?.content)).toContain(text);
  };
  await site.withServe(async (url) => {
    const read = async () => {
      const response = await fetch(`${url}/v1/conversations/${conversationId}`);
      return ((await response.json()) as { messages: Said[] }).messages;
    };
    expectSaid(await read());
    const before = server.realtime.length;
    const answer = await fetch(`${url}/v1/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ conversation_id: conversationId, message: 'What did I ask first?' }),
    });
    expect(await answer.text()).toContain('event: done');
    const requests = server.realtime.slice(before);
    expect(requests).toHaveLength(1);
    expectSaid(requests[0]?.messages, [...said, ['user', 'What did I ask first?']]);
    expectSaid(await read(), [...said, ['user', 'What did I ask first?'], ['assistant', 'I remember it.']]);
  });
});

interface Said {
  role: string;
  content: unknown;
}
