import { afterEach, expect, test } from 'vitest';
import { echoAnswer } from '../support/echo-agent.ts';
import { type Fault, mulberry32 } from '../support/messages-server.ts';
import type { WireAnswer, WireRequest } from '../support/messages-wire.ts';
import { createFaultsSite, type FaultsSite } from './faults-site.ts';

let site: FaultsSite | undefined;
afterEach(async () => {
  await site?.close();
  site = undefined;
});

const status = (code: number, type: string, headers: Record<string, string> = {}): Fault => ({
  fault: 'status',
  status: code,
  type,
  headers,
});

/** Every field of the answer has another type than the schema asks for. */
function wrongTypes(request: WireRequest): WireAnswer {
  const { content } = echoAnswer(request);
  return { content: content.map((block) => ({ ...block, input: { label: 7, size: 'large' } })) };
}

const MISHAPS: [string, number, (request: WireRequest) => WireAnswer | Fault][] = [
  ['429', 0.04, () => status(429, 'rate_limit_error')],
  ['529', 0.03, () => status(529, 'overloaded_error')],
  ['500', 0.03, () => status(500, 'api_error')],
  ['reset', 0.02, () => ({ fault: 'reset' })],
  ['cut JSON', 0.01, () => ({ fault: 'cut' })],
  ['wrong types', 0.03, wrongTypes],
  ['no tool call', 0.02, () => ({ content: [{ type: 'text', text: 'I have looked at it.' }] })],
];

test('with faults of every kind, every row is right in the end', async () => {
  const random = mulberry32(41);
  const met = new Map<string, number>();
  site = await createFaultsSite({
    rows: 1200,
    latencyMs: [0, 40],
    respond: (request) => {
      let drawn = random();
      for (const [name, share, mishap] of MISHAPS) {
        if (drawn < share) {
          met.set(name, (met.get(name) ?? 0) + 1);
          return mishap(request);
        }
        drawn -= share;
      }
      return echoAnswer(request);
    },
  });
  const report = await site.run();
  expect(report).toMatchObject({ status: 'completed', counts: { total: 1200, succeeded: 1200, failed: 0 } });
  const rows = (await site.output()).map((line) => line.split(',').slice(0, 4));
  expect(rows).toEqual(site.words.map((word) => [word, `echo:${word}`, String(word.length), 'SUCCESS']));
  for (const [name, share] of MISHAPS) expect(met.get(name), name).toBeGreaterThan(share * 1200 * 0.5);
}, 120_000);

test('a key that is refused from the start costs one call', async () => {
  site = await createFaultsSite({ rows: 300, respond: () => status(401, 'authentication_error') });
  const report = await site.run({ concurrency: 50 });
  expect(report).toMatchObject({
    status: 'paused',
    pause_reason: 'fatal',
    error: { code: 'model_key_refused', message: expect.stringContaining('ANTHROPIC_API_KEY') },
    counts: { queued: 300, failed: 0 },
  });
  expect(site.server.stats.requests).toBe(1);
}, 60_000);

test('a key that is refused half way costs no call beyond those in flight', async () => {
  let isMended = false;
  let isRefused = false;
  let sentAfter = 0;
  let refusedAt = 0;
  let late = 0;
  site = await createFaultsSite({
    rows: 600,
    latencyMs: [5, 25],
    respond: (request, { number }) => {
      if (isMended) return echoAnswer(request);
      if (number === 200) isRefused = true;
      // Some wait to be sent again when the key is refused: they must not go into the same fault.
      if (!isRefused) return number > 160 && number % 2 === 0 ? status(500, 'api_error') : echoAnswer(request);
      sentAfter += 1;
      if (refusedAt === 0) refusedAt = performance.now();
      if (performance.now() > refusedAt + 150) late += 1;
      return status(401, 'authentication_error');
    },
  });
  const report = await site.run({ concurrency: 40 });
  expect(report).toMatchObject({ status: 'paused', error: { code: 'model_key_refused' }, counts: { failed: 0 } });
  // The first refusal is on its way for up to 25 ms; until it is back, each of the 40 may have sent once more.
  expect(sentAfter).toBeLessThanOrEqual(2 * 40);
  expect(late).toBe(0);
  expect(report.counts.succeeded + report.counts.queued).toBe(600);
  const sent = site.server.stats.requests;
  isMended = true;
  await site.app.runner.resume(report.batch_id);
  expect(await site.app.runner.drive(report.batch_id)).toMatchObject({
    status: 'completed',
    counts: { succeeded: 600 },
  });
  expect(site.server.stats.requests - sent).toBe(600 - report.counts.succeeded);
}, 60_000);

test('a refusal that stands alone holds its own call back, and no other', async () => {
  const refusedAt = new Map<string, number>();
  const waits: number[] = [];
  let meanwhile = 0;
  site = await createFaultsSite({
    rows: 400,
    latencyMs: [5, 15],
    respond: (request, { number }) => {
      const now = performance.now();
      const row = JSON.stringify(request.messages[0]);
      const before = refusedAt.get(row);
      if (before !== undefined) waits.push(now - before);
      else if (refusedAt.size > 0) meanwhile += 1;
      if (number !== 100) return echoAnswer(request);
      refusedAt.set(row, now);
      return status(429, 'rate_limit_error', { 'retry-after': '2' });
    },
  });
  expect((await site.run({ concurrency: 20 })).counts.succeeded).toBe(400);
  expect(waits).toEqual([expect.any(Number)]);
  expect(waits[0]).toBeGreaterThan(1990);
  expect(meanwhile).toBe(300);
}, 60_000);

test('a limit of everybody holds the whole lane back until the time that it names', async () => {
  let limitedAt = 0;
  let early = 0;
  site = await createFaultsSite({
    rows: 400,
    latencyMs: [5, 15],
    respond: (request, { number }) => {
      const now = performance.now();
      if (number === 100) limitedAt = now;
      // Those in flight were sent before the lane knew.
      if (limitedAt > 0 && now > limitedAt + 200 && now < limitedAt + 2000) early += 1;
      if (limitedAt > 0 && now < limitedAt + 2000) return status(429, 'rate_limit_error', { 'retry-after': '2' });
      return echoAnswer(request);
    },
  });
  expect((await site.run({ concurrency: 20 })).counts.succeeded).toBe(400);
  expect(early).toBe(0);
}, 60_000);

test('a server that is down for a while fails no row', async () => {
  let downUntil = 0;
  let whileDown = 0;
  site = await createFaultsSite({
    rows: 500,
    latencyMs: [5, 15],
    respond: (request, { number }) => {
      const now = performance.now();
      if (number === 150) downUntil = now + 3000;
      if (now >= downUntil) return echoAnswer(request);
      whileDown += 1;
      return status(503, 'api_error');
    },
  });
  const report = await site.run({ concurrency: 50 });
  expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 500, failed: 0 } });
  // Those in flight, a few repeats until the tenth fault in a row, and a probe now and then.
  expect(whileDown).toBeLessThanOrEqual(2 * 50);
}, 60_000);
