import { afterEach, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/protocol/messages.ts';
import { createAnthropicBatchApi } from '../../../src/providers/anthropic/anthropic-batch.ts';
import { anthropicBatchFormat } from '../../support/providers/batch-anthropic.ts';
import { startBatchServer } from '../../support/providers/batch-server.ts';
import { startLiveWorld } from '../live-world.ts';
import { words } from '../world.ts';

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});

async function open(rows: number) {
  const server = await startBatchServer({
    createFormat: anthropicBatchFormat,
    respond: ({ messages }) => {
      const { q } = JSON.parse(String(messages[0]?.content)) as JsonObject;
      const input = { answer: `${q}!` };
      const usage = { input_tokens: 100, output_tokens: 20 };
      return { content: [{ type: 'tool_use', id: 'call_1', name: 'return_structured_data', input }], usage };
    },
  });
  const api = createAnthropicBatchApi({ apiKey: 'key-1', baseUrl: server.url });
  const live = await startLiveWorld({ deps: { batchApi: async () => api, batchPollMs: 5 } });
  opened.push(server, api, live);
  const queries = live.collection('queries');
  queries.pageRows = 20;
  queries.put(words(rows));
  return { live, server, queries };
}

it('a collection runs through one provider job where that is asked for, after all its rows are loaded', async () => {
  const { live, server, queries } = await open(150);
  const id = await live.start({ mode: 'batch', concurrency: 2 });
  const report = await live.runner.drive(id);
  expect(report).toMatchObject({ status: 'completed', executor: 'batch-api', counts: { total: 150, succeeded: 150 } });
  expect(server.jobs.map(({ items }) => items.length)).toEqual([149]);
  expect([...live.collection('results').records.keys()].sort()).toEqual(words(150).sort());
  expect(queries.acks.flat()).toHaveLength(150);
});

it('a plan for a collection that is watched refuses the batch API without fallback, and says why', async () => {
  const { live } = await open(150);
  const request = live.request({ mode: 'batch', fallback: false }, { reading: { watch: true } });
  const plan = await live.runner.plan(request);
  expect(plan.problems.map(({ message }) => message).join()).toContain('it watches for rows that are added later');
});
