import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLeanFetch, type LeanFetch, leanOptions } from '../../../src/providers/shared/lean-fetch.ts';
import { createLeanPost, type LeanPost } from '../../../src/providers/shared/lean-post.ts';
import { type Fault, type MessagesServer, startMessagesServer } from '../../support/messages-server.ts';

const BODY = { model: 'claude-haiku-5-5', max_tokens: 10, messages: [{ role: 'user' as const, content: 'Héllo' }] };
const PATH = '/v1/messages';

let fault: Fault | undefined;
let server: MessagesServer;
let lean: LeanFetch;
let client: Anthropic;
let post: LeanPost;
/** How often the SDK made a call. */
let bySdk: number;

beforeEach(async () => {
  fault = undefined;
  bySdk = 0;
  server = await startMessagesServer({
    respond: () => fault ?? { content: [{ type: 'text', text: 'Good day.' }] },
    keepRequests: true,
  });
  lean = createLeanFetch();
  const options = { apiKey: 'key-1', authToken: null, fetch: lean.fetch, maxRetries: 0 };
  client = new Anthropic({ ...options, baseURL: server.url });
  post = createLeanPost(client, lean);
});
afterEach(async () => {
  await lean.close();
  await server.close();
});

async function postBySdk(timeout: number, fetchOptions: object = {}): Promise<{ data: unknown; headers: Headers }> {
  bySdk += 1;
  const answer = client.post<unknown>(PATH, { body: BODY, timeout, fetchOptions });
  const { data, response } = await answer.withResponse();
  return { data, headers: response.headers };
}

function postLean(timeout: number, more: { cancel?: AbortSignal; mayStillSend?: () => boolean } = {}) {
  const { cancel = new AbortController().signal, mayStillSend } = more;
  return post({ path: PATH, body: BODY, timeout, mayStillSend, cancel }, (options) => postBySdk(timeout, options));
}

/** The words of a fault without the number of its request. */
function said(fault: Error): { message: string } {
  return { message: fault.message.replace(/req_test_\d+/g, 'req_test') };
}

it('sends exactly what the SDK sends, and reads what it reads', async () => {
  const answers = [];
  for (const timeout of [5_000, 5_000, 90_000, 5_000]) {
    answers.push(await postLean(timeout), await postBySdk(timeout));
  }
  expect(bySdk).toBe(4);
  for (let at = 0; at < 8; at += 2) {
    expect(server.requests[at]).toEqual(server.requests[at + 1]);
    const [own, theirs] = answers.slice(at, at + 2).map((answer) => answer?.data as { id: string; content: unknown });
    expect(own?.content).toEqual(theirs?.content);
    expect(answers[at]?.headers.get('request-id')).toBe(`req_test_${at + 1}`);
  }
  expect(new Set(server.requests.map(({ headers }) => headers['x-stainless-timeout'])).size).toBe(2);
});

it('sends exactly what the OpenAI SDK sends', async () => {
  const openai = new OpenAI({ apiKey: 'key-2', baseURL: `${server.url}/v1`, fetch: lean.fetch, maxRetries: 0 });
  const postOpenAi = createLeanPost(openai, lean);
  const given = { path: '/messages', body: BODY, timeout: 5_000, mayStillSend: undefined };
  await postOpenAi({ ...given, cancel: new AbortController().signal }, async () => {
    throw new Error('the answer is JSON');
  });
  await openai.post('/messages', { body: BODY, timeout: 5_000 });
  expect(server.requests).toHaveLength(2);
  expect(server.requests[0]).toEqual(server.requests[1]);
  expect(server.requests[0]?.headers.authorization).toBe('Bearer key-2');
});

it.each<[string, Fault]>([
  ['an overloaded server', { fault: 'status', status: 529, type: 'overloaded_error', headers: { 'retry-after': '7' } }],
  ['a spend limit', { fault: 'status', status: 429, errorCode: 'enforced_spend_limit_reached' }],
  ['a refused request', { fault: 'status', status: 400, type: 'invalid_request_error' }],
  ['a broken connection', { fault: 'reset' }],
  ['a body that breaks off', { fault: 'reset-body' }],
  ['a body that is cut', { fault: 'cut' }],
])('throws the error of the SDK for %s, and sends once', async (_, given) => {
  fault = given;
  const [own, theirs] = await Promise.allSettled([postLean(5_000), postBySdk(5_000)]);
  expect(server.stats.requests).toBe(2);
  const reasons = [own, theirs].map((each) => (each?.status === 'rejected' ? each.reason : undefined));
  const [ours, others] = reasons.map((fault) => ({
    kind: fault?.constructor,
    status: fault?.status,
    ...said(fault),
  }));
  expect(reasons[0]).toBeInstanceOf(Error);
  expect(ours).toEqual(others);
});

it('gives text with status 200 to the SDK', async () => {
  fault = { fault: 'body', body: 'a page of a proxy', contentType: 'text/html' };
  expect((await postLean(5_000)).data).toBe('a page of a proxy');
  expect([bySdk, server.stats.requests]).toEqual([1, 1]);
});

it('sends nothing once it may not, and ends a call that is cancelled', async () => {
  await expect(postLean(5_000, { mayStillSend: () => false })).rejects.toBeInstanceOf(Anthropic.APIConnectionError);
  expect(server.stats.requests).toBe(0);
  fault = { fault: 'hang' };
  const cancelled = new AbortController();
  const calling = postLean(5_000, { cancel: cancelled.signal });
  await expect.poll(() => server.stats.inFlight).toBe(1);
  cancelled.abort();
  await expect(calling).rejects.toBeInstanceOf(Anthropic.APIConnectionError);
  await expect.poll(() => server.stats.inFlight).toBe(0);
});

it('ends its calls when it is closed, and sends none after', async () => {
  fault = { fault: 'hang' };
  const calling = postLean(5_000);
  await expect.poll(() => server.stats.inFlight).toBe(1);
  const fails = expect(calling).rejects.toBeInstanceOf(Anthropic.APIConnectionError);
  await lean.close();
  await fails;
  await expect(postLean(5_000)).rejects.toBeInstanceOf(Anthropic.APIConnectionError);
  expect(server.stats.requests).toBe(1);
});

it('answers an SDK with the outcome of a call that was made, and sends nothing', async () => {
  const outcome = Promise.resolve({ status: 200 });
  expect(await lean.fetch(server.url, leanOptions({ outcome: outcome as never }))).toEqual({ status: 200 });
  expect(server.stats.requests).toBe(0);
});
