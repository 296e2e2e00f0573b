import { afterEach, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { createGeminiBatchApi } from '../../../src/providers/gemini/gemini-batch.ts';
import { createOpenAiBatchApi } from '../../../src/providers/openai/openai-batch.ts';
import { type BatchApi, requestId } from '../../../src/providers/provider-jobs/batch-api.ts';
import { requestOf } from '../../contracts/provider.ts';
import { geminiBatchFormat } from '../../support/providers/batch-gemini.ts';
import { openAiBatchFormat } from '../../support/providers/batch-openai.ts';
import { type BatchServerOptions, startBatchServer } from '../../support/providers/batch-server.ts';
import { withoutKeys } from '../../support/providers/without-keys.ts';

const log = createSilentLog();
const { signal } = new AbortController();
const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const part of opened.splice(0).toReversed()) await part.close();
});

/** A `fetch` whose answers of text are changed on the way. */
const changing =
  (change: (text: string) => string): typeof fetch =>
  async (input, init) => {
    const response = await fetch(input, init);
    const { status, headers } = response;
    return new Response(change(await response.text()), {
      status,
      headers: { 'content-type': headers.get('content-type') ?? '' },
    });
  };

const heard: BatchServerOptions['respond'] = ({ messages }) => ({
  content: [{ type: 'text', text: `heard ${messages[0]?.content}` }],
});

async function start(createFormat: BatchServerOptions['createFormat'], respond = heard) {
  const server = await startBatchServer({ respond, createFormat });
  opened.push(server);
  return server;
}

/** Runs a job of twelve rows; the outcomes by row. */
async function run(api: BatchApi, model: string, ids?: () => Promise<string[]>) {
  opened.push(api);
  const all = Array.from({ length: 12 }, (_, row) => requestId('sub1', `${row}-1-0`));
  const requests = all.map((id, row) =>
    api.encode(requestOf(model, { messages: [{ role: 'user', content: `row ${row}` }] }), id),
  );
  const { jobId } = await api.submit({
    submissionId: 'sub1',
    model,
    requests,
    beforeCreate: async () => undefined,
    signal,
  });
  for (let state = 'queued'; state !== 'ended'; ) ({ state } = await api.status(jobId, signal));
  const found = new Map<string, unknown>();
  const asked = { model, tools: [], signal, ids: ids ?? (async () => all) };
  for await (const { id, outcome } of api.results(jobId, asked)) {
    const said = outcome.kind === 'answered' ? outcome.response.content.find(({ type }) => type === 'text') : outcome;
    found.set(id.replace(/^sub1-(\d+)-1-0$/, '$1'), said !== undefined && 'text' in said ? said.text : said);
  }
  return found;
}

const everyRow = new Map(Array.from({ length: 12 }, (_, row) => [String(row), `heard row ${row}`]));
const byRow = (found: Map<string, unknown>) => new Map([...found].toSorted(([a], [b]) => Number(a) - Number(b)));

const openAi = (url: string, change: (text: string) => string) =>
  createOpenAiBatchApi({ apiKey: 'key-1', baseUrl: `${url}/v1`, log, fetch: changing(change) });

it('OpenAI: an empty id of a file is none', async () => {
  const server = await start(openAiBatchFormat);
  const api = openAi(server.url, (text) => text.replace(/"error_file_id":"[^"]*"/, '"error_file_id":""'));
  expect(byRow(await run(api, 'gpt-5.1'))).toEqual(everyRow);
  expect(server.calls.filter(({ route }) => route === 'results')).toHaveLength(1);
});

it('OpenAI: an id of another type does not lose an answer', async () => {
  const server = await start(openAiBatchFormat);
  const api = openAi(server.url, (text) => text.replaceAll(/"request_id":"req_test_(\d+)"/g, '"request_id":$1'));
  expect(byRow(await run(api, 'gpt-5.1'))).toEqual(everyRow);
});

it('OpenAI: a line with the status 0 and no body may go again, and was not charged', async () => {
  const server = await start(openAiBatchFormat, () => ({ item: 'refused', kind: 'server' }));
  const api = openAi(server.url, (text) =>
    text.replaceAll(
      /"response":\{"status_code":500.*?\},"error":null/g,
      '"response":{"status_code":0,"request_id":"","body":""},"error":null',
    ),
  );
  const found = await run(api, 'gpt-5.1');
  expect(found.size).toBe(12);
  for (const outcome of found.values()) {
    expect(outcome).toMatchObject({
      kind: 'error',
      error: { code: 'model_server_error', retryable: true, outcomeUnknown: false },
    });
  }
});

it('OpenAI: an error in a body of status 200 is a fault of the account', async () => {
  const server = await start(openAiBatchFormat, () => ({ item: 'refused', kind: 'server' }));
  const body = '{"error":{"code":402,"message":"Insufficient credits."}}';
  const api = openAi(server.url, (text) =>
    text.replaceAll(
      /"response":\{"status_code":500.*?\},"error":null/g,
      `"response":{"status_code":200,"body":${body}},"error":null`,
    ),
  );
  for (const outcome of (await run(api, 'gpt-5.1')).values()) {
    expect(outcome).toMatchObject({
      kind: 'error',
      error: { code: 'model_spend_limit', message: expect.stringContaining('Insufficient credits') },
    });
  }
});

it('Gemini: inline answers without keys are matched by order, and the next job is a file', async () => {
  const server = await start(geminiBatchFormat);
  const api = createGeminiBatchApi({ apiKey: 'key-1', baseUrl: server.url, log, fetch: changing(withoutKeys) });
  expect(byRow(await run(api, 'gemini-3-flash'))).toEqual(everyRow);
  expect(server.calls.filter(({ route }) => route === 'upload')).toHaveLength(0);
  expect(byRow(await run(api, 'gemini-3-flash'))).toEqual(everyRow);
  expect(server.calls.filter(({ route }) => route === 'upload').length).toBeGreaterThan(0);
});

it('Gemini: inline answers without keys are never guessed', async () => {
  const server = await start(geminiBatchFormat);
  const api = createGeminiBatchApi({ apiKey: 'key-1', baseUrl: server.url, log, fetch: changing(withoutKeys) });
  await expect(run(api, 'gemini-3-flash', async () => ['sub1-0-1-0'])).rejects.toMatchObject({
    code: 'model_response_invalid',
    message: expect.stringContaining('12 inline answers without keys'),
  });
});
