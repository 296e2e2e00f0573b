import { expect, test } from 'vitest';
import { AppError } from '../../../src/base/errors.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import { readLimits } from '../../../src/providers/anthropic/anthropic-limits.ts';
import { createAnthropicProvider } from '../../../src/providers/anthropic/anthropic-provider.ts';
import type { RateLimits } from '../../../src/providers/provider.ts';
import { startMessagesServer } from '../../support/messages-server.ts';

const NOW = Date.parse('2026-11-21T10:00:00.400Z');
const limitHeaders = (kind: string, limit: number, remaining: number, reset = '2026-11-21T10:00:30Z') => ({
  [`anthropic-ratelimit-${kind}-limit`]: String(limit),
  [`anthropic-ratelimit-${kind}-remaining`]: String(remaining),
  [`anthropic-ratelimit-${kind}-reset`]: reset,
});

test('reads every limit, with its reset from now', () => {
  const headers = new Headers({
    ...limitHeaders('requests', 50, 49),
    ...limitHeaders('input-tokens', 80_000, 12_000),
    ...limitHeaders('output-tokens', 16_000, 16_000, 'soon'),
    ...limitHeaders('tokens', 96_000, 28_000),
  });
  expect(readLimits(headers, NOW)).toEqual({
    requests: { limit: 50, remaining: 49, resetMs: 29_600 },
    inputTokens: { limit: 80_000, remaining: 12_000, resetMs: 29_600 },
    outputTokens: { limit: 16_000, remaining: 16_000 },
  });
});

test('reads the limit of all tokens where it stands alone', () => {
  expect(readLimits(new Headers(limitHeaders('tokens', 96_000, 28_000)), NOW)).toEqual({
    tokens: { limit: 96_000, remaining: 28_000, resetMs: 29_600 },
  });
});

test('counts a reset from the server’s own clock when ours is off', () => {
  const headers = new Headers({ ...limitHeaders('requests', 50, 49), date: 'Sat, 21 Nov 2026 09:59:00 GMT' });
  expect(readLimits(headers, NOW)?.requests?.resetMs).toBe(90_000);
});

test('has nothing to tell of headers without limits, or with nonsense in them', () => {
  expect(readLimits(new Headers({ 'request-id': 'r' }), NOW)).toBeUndefined();
  expect(readLimits(new Headers({ ...limitHeaders('requests', 0, 0) }), NOW)).toBeUndefined();
  expect(readLimits(new Headers({ 'anthropic-ratelimit-requests-limit': 'many' }), NOW)).toBeUndefined();
});

test('the provider tells the limits of answers, streamed ones and refusals', async () => {
  let isRefused = false;
  const headers = { ...limitHeaders('requests', 50, 49, new Date(Date.now() + 30_000).toISOString()) };
  const server = await startMessagesServer({
    headers,
    respond: () =>
      isRefused
        ? { fault: 'status', status: 429, type: 'rate_limit_error', headers }
        : { content: [{ type: 'text', text: 'Yes.' }] },
  });
  const provider = createAnthropicProvider({ apiKey: 'key', baseUrl: server.url, log: createSilentLog() });
  const request = { model: 'claude-haiku-5-5', system: '', messages: [], tools: [], maxTokens: 10 };
  const told: RateLimits[] = [];
  const options = { signal: new AbortController().signal, onLimits: (limits: RateLimits) => void told.push(limits) };
  await provider.respond(request, options);
  await provider.respond(request, { ...options, onText: () => undefined });
  isRefused = true;
  await expect(provider.respond(request, options)).rejects.toBeInstanceOf(AppError);
  expect(told).toHaveLength(3);
  for (const limits of told) expect(limits.requests).toMatchObject({ limit: 50, remaining: 49 });
  await provider.close();
  await server.close();
});
