import { afterEach, expect, test } from 'vitest';
import { echoAnswer } from '../support/echo-agent.ts';
import type { Fault } from '../support/messages-server.ts';
import { createFaultsSite, type FaultsSite } from './faults-site.ts';

/** Calls a minute. */
const LIMIT = 12_000;
const MINUTE_MS = 60_000;
const ROWS = 2600;

let site: FaultsSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

test('a server that allows 200 calls a second has 95 % of them used, and refuses less than 1 %', async () => {
  const start = 200;
  let level = start;
  let at: number | undefined;
  let began = 0;
  let refused = 0;
  // A bucket, as Anthropic's: full again at `reset`, which is told in whole seconds.
  site = await createFaultsSite({
    rows: ROWS,
    latencyMs: [20, 80],
    respond: (request) => {
      const now = Date.now();
      if (at === undefined) began = now;
      level = Math.min(LIMIT, level + ((now - (at ?? now)) * LIMIT) / MINUTE_MS);
      at = now;
      const isServed = level >= 1;
      if (isServed) level -= 1;
      else refused += 1;
      const reset = Math.ceil((now + ((LIMIT - level) / LIMIT) * MINUTE_MS) / 1000) * 1000;
      const headers = {
        'anthropic-ratelimit-requests-limit': String(LIMIT),
        'anthropic-ratelimit-requests-remaining': String(Math.floor(level)),
        'anthropic-ratelimit-requests-reset': new Date(reset).toISOString(),
      };
      const refusal: Fault = {
        fault: 'status',
        status: 429,
        type: 'rate_limit_error',
        headers: { ...headers, 'retry-after': '1' },
      };
      return isServed ? { ...echoAnswer(request), headers } : refusal;
    },
  });
  const report = await site.run({ concurrency: 60 });
  expect(report).toMatchObject({ status: 'completed', counts: { succeeded: ROWS, failed: 0 } });
  const tookMs = (at ?? 0) - began;
  const possible = start + (tookMs * LIMIT) / MINUTE_MS;
  expect(ROWS / possible).toBeGreaterThanOrEqual(0.95);
  expect(refused / (ROWS + refused)).toBeLessThan(0.01);
}, 60_000);
