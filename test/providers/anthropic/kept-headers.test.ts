import Anthropic from '@anthropic-ai/sdk';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepHeaders } from '../../../src/providers/anthropic/kept-headers.ts';
import { createLeanFetch, type LeanFetch } from '../../../src/providers/shared/lean-fetch.ts';
import { type MessagesServer, startMessagesServer } from '../../support/messages-server.ts';

const BODY = { model: 'claude-haiku-5-5', max_tokens: 10, messages: [{ role: 'user' as const, content: 'Hello' }] };

let server: MessagesServer;
let lean: LeanFetch;
beforeEach(async () => {
  server = await startMessagesServer({
    respond: () => ({ content: [{ type: 'text', text: 'Good day.' }] }),
    keepRequests: true,
  });
  lean = createLeanFetch();
});
afterEach(async () => {
  await lean.close();
  await server.close();
});

/** The headers that the server got for calls that differ in everything that headers depend on. */
async function headersOf(client: Anthropic): Promise<unknown[]> {
  const from = server.requests.length;
  const post = (timeout: number, headers?: Record<string, string>) =>
    client.post('/v1/messages', { body: BODY, timeout, ...(headers === undefined ? {} : { headers }) });
  await post(5_000);
  await post(5_000);
  await post(90_000);
  await post(90_000, { 'x-own': 'one' });
  await client.messages.create(BODY, { timeout: 90_000 });
  await post(5_000);
  await client.models.retrieve('claude-haiku-5-5', {}, { timeout: 5_000 }).catch(() => undefined);
  await post(5_000);
  return server.requests.slice(from).map(({ headers }) => headers);
}

it('sends exactly the headers that the SDK makes anew for each call', async () => {
  const options = { apiKey: 'key-1', authToken: null, baseURL: server.url, fetch: lean.fetch, maxRetries: 0 };
  const plain = new Anthropic(options);
  const keeping = new Anthropic(options);
  keepHeaders(keeping);
  const headers = await headersOf(plain);
  expect(await headersOf(keeping)).toEqual(headers);
  expect(headers).toHaveLength(7);
  expect(new Set(headers.map((each) => JSON.stringify(each))).size).toBe(3);
});

it('lets the SDK make them once for calls that are alike', async () => {
  const client = new Anthropic({ apiKey: 'key-1', authToken: null, baseURL: server.url, fetch: lean.fetch });
  const built: unknown[] = [];
  const maker = client as unknown as { buildHeaders(parts: unknown): Promise<Headers> };
  const build = maker.buildHeaders.bind(client);
  maker.buildHeaders = (parts) => {
    built.push(parts);
    return build(parts);
  };
  keepHeaders(client);
  for (let call = 0; call < 5; call += 1) await client.post('/v1/messages', { body: BODY, timeout: 5_000 });
  expect(built).toHaveLength(1);
});
