import { afterEach, expect, test } from 'vitest';
import { createHttpApp, type HttpApp } from '../../src/http/app.ts';
import { createMonitoring } from '../../src/monitoring/monitoring.ts';
import type { TokenCosts } from '../../src/protocol/messages.ts';
import { localCaller } from '../../src/runner/contract/caller.ts';
import { httpParts } from '../http/http-parts.ts';
import { startWorld, table, type World } from '../runner/world.ts';
import { newBatch, newIntent, newOwner } from '../storage/support/store-fixture.ts';
import { NO_ALERTS } from './no-alerts.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const DAY = 86_400_000;
const COSTS: TokenCosts = { input: 1, output: 0, cacheWrite: 0, cacheRead: 0 };

let world: World;
afterEach(() => world.close());

function appAt(now: () => number): HttpApp {
  const monitoringOf = () => createMonitoring({ store: world.store, now, alerts: NO_ALERTS }, localCaller('http'));
  return createHttpApp({ ...httpParts(), watch: { ...httpParts().watch, monitoringOf } });
}

async function get(path: string, now: () => number = () => NOW) {
  const answer = await appAt(now).request(path);
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

/** Two batches: calls by a batch API, in real time and from the cache, over two days. Micro-dollars. */
async function fill(): Promise<void> {
  const { store } = world;
  for (const [id, agent, model, at] of [
    ['bat_a', 'first|<b>', 'anthropic/haiku', NOW - DAY],
    ['bat_b', 'second', 'openai/mini', NOW],
  ] as const) {
    await store.insertBatch(newBatch(id, { status: 'running', plan: { agent: { name: agent } } }));
    const lease = await store.acquireLease(id, newOwner('a'));
    const fence = lease.acquired ? lease.fence : { batchId: id, epoch: -1 };
    const usage = { inputTokens: 10, outputTokens: 5, cacheWriteTokens: 0, cacheReadTokens: 0 };
    for (const [turn, standardMicroUsd] of [500_000.25, undefined].entries()) {
      await store.writeIntent(newIntent(`${id}/0/1`, { turn }), fence);
      const more = standardMicroUsd === undefined ? {} : { standardMicroUsd };
      const answer = {
        response: {},
        usage,
        costMicroUsd: 250_000.125,
        requestId: null,
        at,
        billed: { model, costs: COSTS },
        ...more,
      };
      await store.writeAnswer({ run: `${id}/0/1`, turn, call: 0 }, answer, fence);
    }
    const cached = { from: { run: `${id}/0/1`, turn: 0 }, response: {}, savedMicroUsd: 100_000 };
    await store.writeCachedAnswer(newIntent(`${id}/1/1`, { name: model, at }), cached, fence);
  }
}

test('compares the cost with the standard price, by provider, agent, day and batch, and projects the rate', async () => {
  world = await startWorld();
  await fill();
  const read = async (by: string) => JSON.parse((await get(`/v1/savings?by=${by}&from=2026-11-01`)).text);
  for (const by of ['provider', 'agent', 'day', 'batch']) {
    const { items, totals } = await read(by);
    expect(items).toHaveLength(2);
    for (const item of items) {
      expect(item).toMatchObject({ calls: 3, batch_api_usd: 0.250000125, cache_usd: 0.1, saved_usd: 0.350000125 });
    }
    expect(totals).toMatchObject({ cost_usd: 1.0000005, saved_usd: 0.70000025, standard_usd: 1.70000075 });
  }
  expect((await read('day')).items.map(({ name }: { name: string }) => name)).toEqual(['2026-11-28', '2026-11-29']);
  // The only calls of this day are a minute old: that is no rate of a day.
  const today = JSON.parse((await get('/v1/savings?from=2026-11-29')).text);
  expect(today.projection).toMatchObject({ days: 1, saved_usd_per_month: 0.350000125 * 30 });
  const { projection, saved_share } = await read('agent');
  expect(saved_share).toBeCloseTo(0.70000025 / 1.70000075, 12);
  expect(projection).toMatchObject({
    days: 1,
    saved_usd_per_month: 0.70000025 * 30,
    saved_usd_per_year: 0.70000025 * 365,
  });
});

test('every number of a report opens to batches whose bills sum to it', async () => {
  world = await startWorld();
  await world.write('table.csv', table(['a', 'b', 'a']));
  const id = await world.start({ cache: 'batch', concurrency: 1 });
  await world.runner.drive(id);
  const report = JSON.parse((await get('/v1/reports', Date.now)).text);
  const { totals } = (await world.store.readBatch(id)) ?? {};
  for (const group of ['days', 'agents', 'models', 'batches']) {
    const sum = report[group].reduce((total: number, line: { cost_usd: number }) => total + line.cost_usd, 0);
    expect(Math.round(sum * 1e6)).toBe(totals?.costMicroUsd);
    expect(Math.round(report.totals.cost_usd * 1e6)).toBe(totals?.costMicroUsd);
  }
  const { usage } = totals ?? {};
  expect(report.batches).toMatchObject([{ name: id, input_tokens: usage?.inputTokens, rows_succeeded: 3 }]);
  expect(report.savings.totals.cache_usd * 1e6).toBeCloseTo(totals?.savedMicroUsd ?? 0, 6);
});

test('writes one report as Markdown and as HTML, where names can not become markup', async () => {
  world = await startWorld();
  await fill();
  const markdown = await get('/v1/reports?format=markdown&from=2026-11-01');
  expect(markdown.type).toBe('text/markdown; charset=utf-8');
  expect(markdown.text).toContain('- Cost: **$1.00**');
  expect(markdown.text).toContain('first\\|\\<b\\>');
  expect(markdown.text).toContain('| agent | cost | saved | succeeded | failed | calls |');
  expect(markdown.text).toContain('| model | cost | saved | calls | tokens in |');
  const html = await get('/v1/reports?format=html&from=2026-11-01');
  expect(html.type).toBe('text/html; charset=utf-8');
  expect(html.text).toContain('first|&lt;b&gt;');
  expect(html.text).not.toMatch(/<script|https?:|<link|<img/);
  expect(html.text).toContain('color-scheme:light dark');
});

test('an empty period has an empty report', async () => {
  world = await startWorld();
  const { status, text } = await get('/v1/reports?format=markdown&from=2025-01-01&to=2025-02-01');
  expect([status, text.includes('##')]).toEqual([200, false]);
  expect(JSON.parse((await get('/v1/savings')).text)).toMatchObject({ items: [], projection: null, saved_share: null });
});
