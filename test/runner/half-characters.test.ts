import { readFile } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import { createAnthropicBatchApi } from '../../src/providers/anthropic/anthropic-batch.ts';
import { anthropicBatchFormat } from '../support/providers/batch-anthropic.ts';
import { startBatchServer } from '../support/providers/batch-server.ts';
import { tool } from '../support/scripted-run.ts';
import { ask, say, startWorld } from './world.ts';

const HALF = '\ud83d';
const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});

const INPUT = { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] };

it('a cell that ends in half an emoji is one of a job like all others, and is told with its line', async () => {
  const server = await startBatchServer({
    createFormat: anthropicBatchFormat,
    respond: () => ({
      content: [{ type: 'tool_use', id: 'c', name: 'return_structured_data', input: { answer: 'ok' } }],
    }),
  });
  const api = createAnthropicBatchApi({ apiKey: 'key-1', baseUrl: server.url });
  const world = await startWorld({
    agent: { input: INPUT },
    respond: () => say({ answer: 'ok' }),
    deps: { batchApi: async () => api, batchPollMs: 5 },
  });
  opened.push(server, api, world);
  const table = await readFile(new URL('../fixtures/half-an-emoji.jsonl', import.meta.url), 'utf8');
  const uri = await world.write('half.jsonl', table);
  const id = await world.start({ mode: 'batch' }, { csv_uri: uri, input_mapping: { text: 'text' } });
  const report = await world.runner.drive(id);
  expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 120, failed: 0 }, batch_calls: 119 });
  expect(report.warnings.join()).toContain('1 cell holds half a character (text that was cut within one), on line 58');
  expect(server.jobs.map(({ items }) => items.length)).toEqual([119]);
  const sent = JSON.stringify(server.jobs.flatMap(({ items }) => items.map(({ request }) => request.messages)));
  expect(sent).toContain('cut here \ufffd');
  expect(sent).not.toMatch(/\\ud83d/);
  const profile = await world.deps.tables.profile(uri);
  expect(profile.warnings).toMatchObject([{ code: 'lone_surrogates', count: 1, line: 58 }]);
});

it('half a character of an expression, a tool or the model is replaced before it is sent or written', async () => {
  const requests: string[] = [];
  const look = tool('look', { execute: async () => ({ found: `half ${HALF}` }) });
  const world = await startWorld({
    agent: { input: INPUT, instructions: `Be brief ${HALF}.` },
    tools: [look],
    respond: (_row, { request }) => {
      requests.push(JSON.stringify(request));
      return request.messages.length === 1 ? ask('look', { q: `x${HALF}` }) : say({ answer: `y${HALF}` });
    },
  });
  opened.push(world);
  const uri = await world.write('smile.csv', 'q\nab😀\nplain\n');
  const id = await world.start({}, { csv_uri: uri, input_mapping: { text: '{% $substring(q, 0, 2) & "\\ud83d" %}' } });
  const report = await world.runner.drive(id);
  expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 2 } });
  expect(report.warnings).toContainEqual(expect.stringContaining('instructions or prompt hold half a character'));
  expect(report.warnings).toContainEqual(
    expect.stringMatching(/made text with half a character in 2 rows \(lines 2, 3\)/),
  );
  expect(requests).toHaveLength(4);
  for (const request of requests) {
    expect(request).toContain('Be brief \ufffd.');
    expect(request).not.toMatch(/\\ud83d/);
  }
  expect(requests.at(-1)).toContain('half \ufffd');
  expect(await world.read('out.csv')).toContain('y\ufffd');
  expect(JSON.stringify(await world.store.readRows(id, { fromRow: 0, limit: 9 }))).not.toMatch(/\\ud83d/);
});
