import { describe, expect, it } from 'vitest';
import { createSilentLog } from '../../../src/base/log.ts';
import { createAnthropicProvider } from '../../../src/providers/anthropic/anthropic-provider.ts';
import { createGeminiProvider } from '../../../src/providers/gemini/gemini-provider.ts';
import { createOpenAiProvider } from '../../../src/providers/openai/openai-provider.ts';
import { createOpenAiCompatibleProvider } from '../../../src/providers/openai-compatible/compatible-provider.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import { accountFault, errorInBody } from '../../../src/providers/shared/account-faults.ts';
import { requestOf } from '../../contracts/provider.ts';

describe('a refusal', () => {
  it.each([
    ['invalid_request_error', 'Your credit balance is too low to access the Anthropic API.', 'model_spend_limit'],
    ['insufficient_quota', 'You exceeded your current quota.', 'model_spend_limit'],
    [402, 'Insufficient credits. Add more.', 'model_spend_limit'],
    ['', 'This request requires more credits, or fewer max_tokens.', 'model_spend_limit'],
    ['RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.', 'model_spend_limit'],
    ['', 'Incorrect API key provided: sk-…', 'model_key_refused'],
    ['authentication_error', 'invalid x-api-key', 'model_key_refused'],
    ['', 'The API key has been revoked.', 'model_key_refused'],
    ['', 'This organization has been disabled.', 'model_permission_denied'],
    ['rate_limit_exceeded', 'Rate limit reached for requests per min.', undefined],
    ['invalid_request_error', 'messages.0: the text "low balance" is not allowed here', undefined],
    ['invalid_request_error', `Bad request: ${'x'.repeat(500)} your credit balance is too low`, undefined],
    ['model_not_found', 'The model does not exist.', undefined],
  ])('with the code %s that says %j means %s', (code, said, meaning) => {
    expect(accountFault({ codes: [code], said })).toBe(meaning);
  });
});

it('is found in a body of an answer, and nothing else is', () => {
  expect(errorInBody({ error: { code: 402, message: 'Add credits.' } })).toMatchObject({
    status: 402,
    said: 'Add credits.',
  });
  expect(errorInBody({ error: 'no' })).toMatchObject({ said: 'no' });
  for (const body of [{ error: null }, {}, null, 'error', { error: '' }]) expect(errorInBody(body)).toBeUndefined();
});

const answering = (body: object) =>
  (async () => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } })) as typeof fetch;
const log = createSilentLog();
const providers: [string, (send: typeof fetch) => Provider][] = [
  ['anthropic', (send) => createAnthropicProvider({ apiKey: 'k', log, fetch: send })],
  ['openai', (send) => createOpenAiProvider({ apiKey: 'k', log, fetch: send })],
  [
    'openai-compatible',
    (send) => createOpenAiCompatibleProvider({ baseUrl: 'http://127.0.0.1:9/v1', log, fetch: send }),
  ],
  ['gemini', (send) => createGeminiProvider({ apiKey: 'k', log, fetch: send })],
];

describe.each(providers)('%s, with an error in a body of status 200', (_name, create) => {
  const signal = new AbortController().signal;
  it.each([
    [{ code: 402, message: 'Insufficient credits.' }, 'model_spend_limit', false],
    [{ code: 429, message: 'Slow down.' }, 'model_rate_limited', true],
    [{ code: 401, message: 'No auth credentials found' }, 'model_key_refused', false],
    [{ type: 'server_error', message: 'The upstream broke.' }, 'model_server_error', true],
  ])('%j is %s', async (error, code, retryable) => {
    const provider = create(answering({ type: 'error', error }));
    const asked = provider.respond(requestOf('m-1'), { signal });
    await expect(asked).rejects.toMatchObject({
      code,
      retryable,
      message: expect.stringContaining(error.message.slice(0, -1)),
    });
    await provider.close();
  });
});

it('is found for Gemini beside an HTTP server of this process, whose Response has parts that can not be assigned', async () => {
  class ServedResponse extends Response {}
  for (const name of ['json', 'body'] as const) {
    const value = Object.getOwnPropertyDescriptor(Response.prototype, name);
    Object.defineProperty(ServedResponse.prototype, name, { ...value, ...(name === 'json' && { writable: false }) });
  }
  const body = JSON.stringify({ error: { code: 402, message: 'Insufficient credits.' } });
  const send = async () => new ServedResponse(body, { headers: { 'content-type': 'application/json' } });
  const provider = createGeminiProvider({ apiKey: 'k', log, fetch: send as typeof fetch });
  const asked = provider.respond(requestOf('m-1'), { signal: new AbortController().signal });
  await expect(asked).rejects.toMatchObject({ code: 'model_spend_limit' });
  await provider.close();
});
