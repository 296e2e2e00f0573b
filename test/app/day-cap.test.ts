import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { createSilentLog } from '../../src/base/log.ts';
import type { App } from '../../src/cli/app.ts';
import { localCaller } from '../../src/runner/contract/caller.ts';
import { echoAnswer } from '../support/echo-agent.ts';
import { type MessagesServer, startMessagesServer } from '../support/messages-server.ts';

const ROWS = 40;
/** 1,000 tokens in and 1,000 out. */
const CALL_USD = 0.0006;
const CAP_USD = 0.005;

let root: string;
let server: MessagesServer;
const apps: App[] = [];

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-day-')));
  await mkdir(join(root, 'files'));
  const rows = Array.from({ length: ROWS }, (_, row) => `${row} High Street`);
  await writeFile(join(root, 'files', 'a.csv'), `address\n${rows.join('\n')}\n`);
  const agent = (name: string, model: object | string, further: object = {}) => ({
    ...{ name, version: 'v99', instructions: 'Answer.', model, ...further },
  });
  const batch = {
    input: { type: 'object', properties: { address: { type: 'string' } }, required: ['address'] },
    structured_output: {
      enabled: true,
      schema: { type: 'object', properties: { speed: { type: 'string' } }, required: ['speed'] },
    },
  };
  const haiku = { provider: 'anthropic', model: 'claude-haiku-5-5', max_tokens: 2000 };
  const agents = [
    agent('orchestrator', haiku),
    agent('speed', haiku, batch),
    agent('unpriced', 'claude-nobody-knows', batch),
    agent('fallback', { ...haiku, fallback: 'claude-nobody-knows' }, batch),
  ];
  await writeFile(join(root, 'agents.yaml'), stringify({ agents }));
  server = await startMessagesServer({
    respond: (request) => ({
      ...echoAnswer(request),
      usage: { input_tokens: 1000, output_tokens: 1000 },
    }),
  });
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  await server.close();
  await rm(root, { recursive: true });
});

/** A process of the data directory. */
async function start(capUsd?: number): Promise<App> {
  const env = {
    ROWMILL_DATA_DIR: join(root, 'data'),
    ROWMILL_AGENTS: join(root, 'agents.yaml'),
    ROWMILL_FILES: join(root, 'files'),
    ...(capUsd !== undefined && { ROWMILL_MAX_USD_PER_DAY: String(capUsd) }),
    ANTHROPIC_API_KEY: 'test-key',
    ANTHROPIC_BASE_URL: server.url,
  };
  const app = await createApp(readConfig(env, root), createSilentLog(), { driver: 'supervisor' });
  apps.push(app);
  return app;
}

const request = (name = 'speed') => ({
  csv_uri: join(root, 'files', 'a.csv'),
  target: { type: 'agent' as const, name },
});

async function run(app: App, options: { concurrency?: number } = {}) {
  const { report } = await app.runner.create({ ...request(), options });
  return app.runner.drive(report.batch_id);
}

async function say(app: App, message: string, speaker?: string): Promise<string> {
  for await (const event of app.conversations.send({ message, speaker, signal: new AbortController().signal })) {
    if (event.type === 'error') return `${event.code}: ${event.message}`;
    if (event.type === 'done') return 'done';
  }
  return 'nothing';
}

describe('the cap of a day', () => {
  it('holds over batches of two processes, whatever their concurrency, and pauses them with its name', async () => {
    const [one, two] = [await start(CAP_USD), await start(CAP_USD)];
    const reports = await Promise.all([run(one, { concurrency: 20 }), run(two, { concurrency: 5 })]);
    for (const report of reports) {
      expect(report).toMatchObject({
        ...{ status: 'paused', pause_reason: 'budget' },
        error: { code: 'budget_reached', message: expect.stringContaining('ROWMILL_MAX_USD_PER_DAY') },
        next_step: expect.stringMatching(/another day, or with a higher ROWMILL_MAX_USD_PER_DAY/),
      });
    }
    const cost = server.stats.answered * CALL_USD;
    expect(cost).toBeLessThanOrEqual(CAP_USD);
    // Calls in flight at their worst price don't end a batch: the last call had no room at its own worst price.
    expect(cost).toBeGreaterThan(CAP_USD - 0.002);
  });

  it('holds for conversations too: what they spent is missing for batches, and the other way round', async () => {
    // One chat turn may cost more than the other tests' whole day: the descriptions of the tools are long.
    const capUsd = 0.0075;
    const app = await start(capUsd);
    expect(await say(app, 'hello')).toBe('done');
    const report = await run(app);
    expect(report.status).toBe('paused');
    expect(server.stats.answered * CALL_USD).toBeLessThanOrEqual(capUsd);
    const before = server.stats.requests;
    expect(await say(app, 'and now?')).toMatch(/^budget_reached: .*ROWMILL_MAX_USD_PER_DAY/);
    expect(server.stats.requests).toBe(before);
  });

  it('refuses a model of unknown price before a batch exists', async () => {
    const app = await start(CAP_USD);
    expect((await app.runner.plan(request('unpriced'))).problems).toMatchObject([
      { code: 'budget_unpriced', message: expect.stringContaining('ROWMILL_MAX_USD_PER_DAY') },
    ]);
    await expect(app.runner.create(request('unpriced'))).rejects.toMatchObject({ code: 'budget_unpriced' });
  });

  it('refuses a fallback model of unknown price too, as max_cost_usd does', async () => {
    const app = await start(CAP_USD);
    const message = expect.stringContaining('claude-nobody-knows');
    const capped = { ...request('fallback'), options: { max_cost_usd: 1 } };
    expect((await app.runner.plan(capped)).problems).toMatchObject([
      { code: 'budget_unpriced', message },
      { code: 'budget_unpriced', message },
    ]);
  });

  it('of nothing allows nothing: no start, no chat, and no resume of what a higher cap has paused', async () => {
    const paused = await run(await start(CAP_USD));
    const app = await start(0);
    await expect(app.runner.create(request())).rejects.toMatchObject({ code: 'budget_reached' });
    await expect(app.runner.resume(paused.batch_id)).rejects.toMatchObject({
      code: 'budget_reached',
      message: expect.stringMatching(/Resume on another day, or with a higher cap; nothing resumes on its own/),
    });
    expect(await say(app, 'hello')).toMatch(/^budget_reached/);
    const higher = await start(10);
    await higher.runner.resume(paused.batch_id);
    expect(await higher.runner.drive(paused.batch_id)).toMatchObject({
      status: 'completed',
      counts: { succeeded: ROWS },
    });
  });

  it('warns where a batch is expected to reach it', async () => {
    const app = await start(0.001);
    expect((await app.runner.plan(request())).warnings.join('\n')).toMatch(/a day .*leaves \$0\.001 for \d{4}-/);
  });
});

describe('the budget of a key', () => {
  /** A runner of a key with a budget, in a process without a cap of its own. */
  async function startKey(app: App, budgetUsd: number, name = 'importer') {
    const request = { name, budget_usd_per_day: budgetUsd };
    const { secret } = await app.access.keys.create(request, localCaller('cli'));
    const caller = await app.access.identify(secret, 'http');
    if (caller === undefined) throw new Error('the key is not known');
    return app.as(caller).runner;
  }

  const keyOf = async (app: App, name: string) => {
    const id = (await app.access.keys.list()).find((key) => key.name === name)?.id;
    return app.access.callerOf(id, 'http');
  };

  it('counts its chat turns and tried agents, refuses them when it is spent, and no others', async () => {
    // A chat turn may cost more at its worst price than the other tests' whole day.
    const budgetUsd = 0.008;
    const app = await start();
    await startKey(app, budgetUsd, 'talker');
    const caller = await keyOf(app, 'talker');
    const definition = (await app.registry.find('speed')) ?? expect.fail('no agent');
    const given = { columns: ['address'], cells: ['1 High Street'] };
    const signal = new AbortController().signal;
    const attempt = () => app.tryAgent(definition, { given, signal, caller });
    expect(await say(app, 'hello', caller.id)).toBe('done');
    let tried = await attempt();
    expect(tried.error).toBeNull();
    while (tried.error === null) tried = await attempt();
    expect(tried.error).toMatchObject({
      code: 'budget_reached',
      message: expect.stringContaining('of the key talker'),
    });
    const cost = server.stats.answered * CALL_USD;
    expect(cost).toBeLessThanOrEqual(budgetUsd);
    // Every answer was settled: only the room of one call's worst price is left.
    expect(cost).toBeGreaterThan(budgetUsd - 0.002);
    const before = server.stats.requests;
    expect(await say(app, 'and now?', caller.id)).toMatch(/^budget_reached: .*of the key talker/);
    expect(server.stats.requests).toBe(before);
    expect(await say(app, 'hello')).toBe('done');
  });

  it('pauses its batches when it is spent, close to its end and never above, and no others', async () => {
    const app = await start();
    const runner = await startKey(app, CAP_USD);
    const { report } = await runner.create({ ...request(), options: { concurrency: 20 } });
    expect(await app.runner.drive(report.batch_id)).toMatchObject({
      ...{ status: 'paused', pause_reason: 'budget' },
      error: { code: 'budget_reached', message: expect.stringContaining('a day of the key importer') },
      next_step: expect.stringMatching(/^Resume on another day: "rowmill batches resume/),
    });
    const cost = server.stats.answered * CALL_USD;
    expect(cost).toBeLessThanOrEqual(CAP_USD);
    expect(cost).toBeGreaterThan(CAP_USD - 0.002);
    expect(await run(app)).toMatchObject({ status: 'completed' });
    expect(await (await startKey(app, 1, 'other')).plan(request())).toMatchObject({ problems: [] });
  });

  it('that is spent starts nothing and resumes nothing; an unknown price is refused before a batch exists', async () => {
    const app = await start();
    const runner = await startKey(app, CAP_USD);
    const { report } = await runner.create(request());
    await app.runner.drive(report.batch_id);
    const spent = { code: 'budget_reached', message: expect.stringContaining('of the key importer') };
    await expect(app.runner.resume(report.batch_id)).resolves.toBeDefined();
    await app.runner.drive(report.batch_id);
    expect((await runner.plan(request())).warnings.join('\n')).toContain('of the key importer leaves');
    await expect((await startKey(app, 0, 'broke')).create(request())).rejects.toMatchObject({
      ...spent,
      message: expect.stringContaining('of the key broke'),
    });
    await expect(runner.create(request('unpriced'))).rejects.toMatchObject({
      code: 'budget_unpriced',
      message: expect.stringContaining('of the key importer'),
    });
  });

  it('counts rows that others have appended to the key that runs them', async () => {
    const app = await start();
    const runner = await startKey(app, CAP_USD);
    const { report } = await app.runner.collect({ columns: ['address'], target: request().target });
    await app.runner.append(report.batch_id, { rows: Array.from({ length: ROWS }, (_, row) => [`${row} Low Street`]) });
    await runner.run(report.batch_id);
    expect(await app.runner.drive(report.batch_id)).toMatchObject({ status: 'paused', pause_reason: 'budget' });
  });
});
