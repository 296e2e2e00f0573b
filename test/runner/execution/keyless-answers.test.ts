import { afterEach, expect, it } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import type { JsonObject } from '../../../src/protocol/messages.ts';
import { createGeminiBatchApi } from '../../../src/providers/gemini/gemini-batch.ts';
import type { WireRequest } from '../../support/messages-wire.ts';
import { geminiBatchFormat } from '../../support/providers/batch-gemini.ts';
import { type BatchServerOptions, startBatchServer } from '../../support/providers/batch-server.ts';
import { withoutKeys } from '../../support/providers/without-keys.ts';
import { startWorld } from '../world.ts';

const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});

const changed: typeof fetch = async (...call) => {
  const response = await fetch(...call);
  return new Response(withoutKeys(await response.text()), { status: response.status, headers: response.headers });
};

const wordOf = ({ messages }: WireRequest): string => {
  const content = messages[0]?.content;
  const text = typeof content === 'string' ? content : String(content?.find(({ type }) => type === 'text')?.['text']);
  return String((JSON.parse(text) as JsonObject)['q']);
};

it.each([
  ['more answers than one transaction usually stores', 600, 'none'],
  ['a refusal before the answers', 20, 'w0'],
])('answers without keys survive a process that ends while it stores them: %s', async (_name, rows, refused) => {
  const respond: BatchServerOptions['respond'] = (request) =>
    wordOf(request) === refused
      ? { item: 'refused', kind: 'invalid', message: 'no such thing' }
      : {
          content: [
            {
              type: 'tool_use',
              id: 'call_1',
              name: 'return_structured_data',
              input: { answer: `${wordOf(request)}!` },
            },
          ],
          usage: { input_tokens: 100, output_tokens: 20 },
        };
  const server = await startBatchServer({ respond, createFormat: geminiBatchFormat });
  const api = createGeminiBatchApi({ apiKey: 'key-1', baseUrl: server.url, log: createSilentLog(), fetch: changed });
  let writes = 0;
  const world = await startWorld({
    deps: { batchApi: async () => api, batchPollMs: 5 },
    intercept: (method) => {
      if (method === 'settleProviderJobRows') writes += 1;
      if (method === 'settleProviderJobRows' && writes === 2) throw new AppError('store_unavailable', 'It ends here.');
    },
  });
  opened.push(server, api, world);
  await world.write('table.csv', `q\n${Array.from({ length: rows }, (_, row) => `w${row}`).join('\n')}\n`);
  const id = await world.start({ mode: 'batch', fallback: false });
  await world.runner.drive(id).catch(() => undefined);
  const report = await world.runner.report(id).then(async (now) => {
    if (now.status === 'completed') return now;
    if (now.status === 'paused') await world.runner.resume(id);
    return world.runner.drive(id);
  });
  const failed = refused === 'none' ? 0 : 1;
  expect(report).toMatchObject({ status: 'completed', counts: { succeeded: rows - failed, failed } });
  expect([server.jobs.length, world.sent]).toEqual([1, []]);
});
