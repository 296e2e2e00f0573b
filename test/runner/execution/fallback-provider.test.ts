import { afterEach, describe, expect, it } from 'vitest';
import type { Tool } from '../../../src/agent/tool.ts';
import { readConfig } from '../../../src/app/config.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { AppError } from '../../../src/base/errors.ts';
import { parseJson } from '../../../src/base/json/exact-number.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import { NO_USAGE } from '../../../src/protocol/messages.ts';
import { createLanes } from '../../../src/providers/lanes/lane.ts';
import { createProviders, type Providers } from '../../../src/providers/open-providers.ts';
import { createPriceTable } from '../../../src/providers/prices/prices.ts';
import type { RunnerDeps } from '../../../src/runner/deps.ts';
import type { WireAnswer, WireRequest } from '../../support/messages-wire.ts';
import { messagesFormat } from '../../support/providers/messages-format.ts';
import { responsesFormat } from '../../support/providers/responses-format.ts';
import { startWireServer, type WireFault, type WireServer } from '../../support/providers/wire-server.ts';
import { startWorld, table, type World, type WorldOptions, words } from '../world.ts';

const HAIKU = 'claude-haiku-5-5';
const MINI = 'gpt-5.4-mini';
const USAGE = { input_tokens: 1000, output_tokens: 100 };
const MODEL = { provider: 'anthropic', model: HAIKU, max_tokens: 100, fallback: { provider: 'openai', model: MINI } };
const NO_MODEL: WireFault = { fault: 'refused', kind: 'model' };
const DOWN: WireFault = { fault: 'refused', kind: 'overloaded' };

type Answer = (request: WireRequest, number: number) => WireAnswer | WireFault | Promise<WireAnswer | WireFault>;

const lookup: Tool = {
  name: 'lookup',
  description: 'Looks a word up.',
  inputSchema: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
  idempotent: true,
  execute: async () => 'found',
};

let world: World;
let servers: { first: WireServer; second: WireServer };
let opened: Providers[] = [];
afterEach(async () => {
  for (const each of opened) await each.close();
  opened = [];
  await world.close();
  await servers.first.close();
  await servers.second.close();
});

/** The word of a row, from its first message. */
function wordOf({ messages }: WireRequest): string {
  const { content } = messages[0] ?? { content: '' };
  const text = typeof content === 'string' ? content : String(content[0]?.['text']);
  return String((parseJson(text) as { q: unknown }).q);
}

const said =
  (by: string): Answer =>
  (request) => ({
    content: [
      { type: 'tool_use', id: 'a', name: 'return_structured_data', input: { answer: `${wordOf(request)} ${by}` } },
    ],
    usage: USAGE,
  });
const asks: WireAnswer = { content: [{ type: 'tool_use', id: 'l', name: 'lookup', input: { q: 'x' } }], usage: USAGE };

function depsOf(env: Record<string, string> = {}): Partial<RunnerDeps> {
  const log = createSilentLog();
  const given = {
    ANTHROPIC_API_KEY: 'a-key',
    ANTHROPIC_BASE_URL: servers.first.url,
    OPENAI_API_KEY: 'o-key',
    OPENAI_BASE_URL: `${servers.second.url}/v1`,
    ...env,
  };
  const providers = createProviders({ ...readConfig(given, import.meta.dirname).providers, log });
  opened.push(providers);
  const lanes = createLanes({
    clock: systemClock,
    random: () => 0,
    patienceMs: 40,
    breaker: { threshold: 2, firstOpenMs: 1, maxOpenMs: 4 },
  });
  return { provider: (name, model) => providers.get(name, model), lanes };
}

/** Two turns: the first asks for a look-up. */
const twoTurns =
  (by: string): Answer =>
  (request, number) =>
    request.messages.length === 1 ? asks : said(by)(request, number);

async function start(
  { first, second }: { first: Answer; second: Answer },
  options: WorldOptions & { env?: Record<string, string> } = {},
): Promise<void> {
  const server = (format: typeof messagesFormat, answer: Answer) =>
    startWireServer({ format, respond: (request, { number }) => answer(request, number) });
  servers = { first: await server(messagesFormat, first), second: await server(responsesFormat, second) };
  world = await startWorld({ ...options, agent: { model: MODEL, ...options.agent }, deps: depsOf(options.env) });
}

async function run(count: number, options = {}) {
  await world.write('table.csv', table(words(count)));
  const id = await world.start(options);
  return { id, report: await world.runner.drive(id) };
}

const answers = async () =>
  (await world.read('out.csv'))
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',')[1]);

describe('a fallback of another provider', () => {
  it('answers every row when the model is unknown, after one call, and is named and priced as itself', async () => {
    await start({ first: () => NO_MODEL, second: said('second') });
    const { id, report } = await run(3);
    expect(report).toMatchObject({
      status: 'completed',
      counts: { succeeded: 3 },
      fallback: { model: `openai/${MINI}`, calls: 3 },
    });
    expect(await answers()).toEqual(['w0 second', 'w1 second', 'w2 second']);
    expect(servers.first.requests).toHaveLength(1);
    const bill = await world.store.readBill(id);
    const usage = { ...NO_USAGE, inputTokens: 1000, outputTokens: 100 };
    const price = createPriceTable().priceOf('openai', MINI, usage) ?? Number.NaN;
    expect(bill.models).toMatchObject([{ model: `openai/${MINI}`, calls: 3 }]);
    expect(report.cost_usd).toBeCloseTo((3 * price) / 1e6, 9);
    const { attempts } = await world.runner.trace(id, 0);
    expect(attempts).toMatchObject([
      { attempt: 1, status: 'failed', error: { code: 'model_unknown' }, fallback: false },
      { attempt: 2, status: 'succeeded', model: `openai/${MINI}`, fallback: true },
    ]);
  });

  it('begins a new attempt where a conversation can not go on; what was answered stays paid, once', async () => {
    const first: Answer = (request) => (request.messages.length === 1 ? asks : DOWN);
    await start({ first, second: twoTurns('second') }, { tools: [lookup] });
    const { id, report } = await run(4, { concurrency: 4 });
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 4 } });
    expect(await answers()).toEqual(words(4).map((word) => `${word} second`));
    const asked = servers.first.requests.filter(({ body }) => (body['messages'] as unknown[]).length === 1).length;
    const { models, succeeded, failed } = await world.store.readBill(id);
    expect(models).toMatchObject([
      { model: `anthropic/${HAIKU}`, calls: asked },
      { model: `openai/${MINI}`, calls: 8 },
    ]);
    const attempts = (succeeded.costMicroUsd + failed.costMicroUsd) / 1e6;
    expect(report.cost_usd).toBeCloseTo(attempts, 9);
    expect(servers.second.requests).toHaveLength(8);
  });

  it('answers a row that the model leaves alone, while the model answers the others', async () => {
    const first: Answer = (request, number) => (wordOf(request) === 'w1' ? DOWN : said('first')(request, number));
    await start({ first, second: said('second') });
    const without = await world.other({ lanes: undefined as never });
    await world.write('table.csv', table(words(3)));
    await without.drive((await without.create(world.request())).report.batch_id);
    expect(await answers()).toEqual(['w0 first', 'w1 second', 'w2 first']);
  });

  it('goes on after the process has died in each of its writes: no committed answer is paid twice', async () => {
    for (const dies of ['nextAttempt', 'writeIntent', 'writeAnswer', 'finishRow'] as const) {
      let deadAt: number | undefined = 3;
      let count = 0;
      const intercept: WorldOptions['intercept'] = (method) => {
        // The lease goes, as that of a dead process does.
        if (deadAt === undefined || method === 'releaseLease') return;
        if (method === dies) count += 1;
        // A process that is dead writes nothing more.
        if (count >= deadAt) throw new AppError('store_unavailable', 'The process is dead.');
      };
      let isBack = false;
      const first: Answer = (request, number) => {
        if (isBack) return twoTurns('first')(request, number);
        return request.messages.length === 1 ? asks : DOWN;
      };
      await start({ first, second: twoTurns('second') }, { tools: [lookup], intercept });
      await world.write('table.csv', table(words(6)));
      const id = await world.start({ concurrency: 3 });
      await world.runner.drive(id).catch(() => undefined);
      deadAt = undefined;
      isBack = true;
      const paid = await paidCalls(id);
      const before = { first: servers.first.requests.length, second: servers.second.requests.length };
      const next = await world.other(depsOf());
      if ((await next.report(id)).status === 'paused') await next.resume(id);
      const report = await next.drive(id);
      expect(report, dies).toMatchObject({ status: 'completed', counts: { succeeded: 6 } });
      expect(
        (await answers()).every((answer) => /^w\d (first|second)$/.test(answer ?? '')),
        dies,
      ).toBe(true);
      // Each call that is answered now was sent now; each that was answered before was not.
      const sent = servers.first.requests.length + servers.second.requests.length - before.first - before.second;
      expect((await paidCalls(id)) - paid, dies).toBe(sent);
      expect(await mixedRuns(id), dies).toEqual([]);
      await world.close();
      await servers.first.close();
      await servers.second.close();
    }
  });

  it('answers at once for rows that wait to repeat a call when the model is lost', async () => {
    const { promise: isRefused, resolve: refuse } = Promise.withResolvers<void>();
    const first: Answer = (request, number) => {
      if (wordOf(request) === 'w0') return said('first')(request, number);
      if (wordOf(request) === 'w2') return isRefused.then(() => NO_MODEL);
      // Longer than the test may take; then the model is gone.
      refuse();
      return { fault: 'refused', kind: 'rate', headers: { 'retry-after': '600' } };
    };
    await start({ first, second: said('second') });
    const without = await world.other({ lanes: undefined as never });
    await world.write('table.csv', table(words(3)));
    const { report } = await without.create(world.request({ concurrency: 3 }));
    await without.drive(report.batch_id);
    expect(await answers()).toEqual(['w0 first', 'w1 second', 'w2 second']);
  });

  it('is never served from the cache as the model itself, nor the other way round', async () => {
    let isServed = false;
    const first: Answer = (request, number) => (isServed ? said('first')(request, number) : NO_MODEL);
    await start({ first, second: said('second') });
    const answered = async () => {
      const runner = await world.other(depsOf());
      const { report } = await runner.create(world.request({ cache: 'all', overwrite: true }));
      return runner.drive(report.batch_id);
    };
    await world.write('table.csv', table(words(2)));
    await answered();
    expect(await answers()).toEqual(['w0 second', 'w1 second']);
    isServed = true;
    expect(await answered()).toMatchObject({ model_calls: 2, cached_calls: 0 });
    expect(await answers()).toEqual(['w0 first', 'w1 first']);
    // The model has answered these rows before, so it need not be called to be known as unserved.
    isServed = false;
    expect(await answered()).toMatchObject({ model_calls: 0, cached_calls: 2 });
    expect(await answers()).toEqual(['w0 first', 'w1 first']);
  });

  it('is not used where fallback is off', async () => {
    await start({ first: () => NO_MODEL, second: said('second') });
    const { report } = await run(2, { fallback: false, mode: 'realtime' });
    expect(report).toMatchObject({ status: 'paused', pause_reason: 'fatal' });
    expect(servers.second.requests).toEqual([]);
  });
});

describe('the plan of an agent with a fallback of another provider', () => {
  const plan = async (options = {}) => {
    await world.write('table.csv', table(words(100)));
    return world.runner.plan(world.request(options));
  };
  const served = { first: said('first'), second: said('second') };

  it('refuses a fallback whose key is not set, before any call', async () => {
    await start(served, { env: { OPENAI_API_KEY: '' } });
    const { problems } = await plan();
    expect(problems).toMatchObject([
      { code: 'config_invalid', message: expect.stringMatching(/model\.fallback.*OPENAI_API_KEY/) },
    ]);
    expect((await plan({ fallback: false, mode: 'realtime' })).problems).toEqual([]);
  });

  it('names it with its price, and its price is in the high end that a person confirms', async () => {
    const opus = { ...MODEL, fallback: { provider: 'openai', model: 'gpt-5.4' } };
    await start(served, { agent: { model: opus } });
    const own = await plan({ fallback: false, mode: 'realtime' });
    const both = await plan();
    expect(both.warnings.join()).toMatch(
      /anthropic\/claude-haiku-5-5 is not served, openai\/gpt-5\.4 answers instead, for about \$/,
    );
    expect(own.warnings).toEqual([]);
    expect(both.estimate?.cost_usd?.expected).toBe(own.estimate?.cost_usd?.expected);
    expect(both.estimate?.cost_usd?.high).toBeGreaterThan((own.estimate?.cost_usd?.high ?? 0) * 2);
    expect(both.spending_usd).toBe(both.estimate?.cost_usd?.high);
  });

  it('does not know what a start spends, and takes no cap, where its price is unknown', async () => {
    await start(served, { agent: { model: { ...MODEL, fallback: { provider: 'openai', model: 'gpt-unheard-of' } } } });
    expect((await plan()).spending_usd).toBeNull();
    expect((await plan({ max_cost_usd: 1 })).problems).toMatchObject([{ code: 'budget_unpriced' }]);
  });
});

/** Runs whose calls were answered by more than one model. */
async function mixedRuns(id: string): Promise<string[]> {
  const models = new Map<string, Set<string>>();
  for (const { run: one, kind, name, answer } of await world.store.readJournalByPrefix(`${id}/`)) {
    if (kind === 'model' && answer !== null) models.set(one, (models.get(one) ?? new Set()).add(name));
  }
  return [...models].flatMap(([one, names]) => (names.size > 1 ? [one] : []));
}

/** The number of answered model calls in the journal of a batch. */
async function paidCalls(id: string): Promise<number> {
  const entries = await world.store.readJournalByPrefix(`${id}/`);
  return entries.filter(({ kind, answer }) => kind === 'model' && answer !== null).length;
}
