import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { createSilentLog } from '../../src/base/log.ts';
import type { App } from '../../src/cli/app.ts';
import type { JsonObject } from '../../src/protocol/messages.ts';
import { localCaller } from '../../src/runner/contract/caller.ts';
import { toolContext } from '../support/tool-context.ts';

/** Nothing is sent: no process drives the batches. A start of the table may cost more than it. */
const LIMIT_USD = 0.01;
const ROWS = 400;
/** Nine tenths of the limit, which the table may reach. */
const CAP_USD = 0.009;

let root: string;
const apps: App[] = [];

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-unattended-')));
  await mkdir(join(root, 'files'));
  const rows = Array.from({ length: ROWS }, (_, row) => `${row} High Street`);
  await writeFile(join(root, 'files', 'a.csv'), `address\n${rows.join('\n')}\n`);
  const speed = {
    ...{ name: 'speed', version: 'v1', instructions: 'Answer.', model: 'claude-haiku-5-5' },
    input: { type: 'object', properties: { address: { type: 'string' } }, required: ['address'] },
    structured_output: {
      enabled: true,
      schema: { type: 'object', properties: { speed: { type: 'string' } }, required: ['speed'] },
    },
  };
  await writeFile(join(root, 'agents.yaml'), stringify({ agents: [speed] }));
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  await rm(root, { recursive: true });
});

/** A process of the data directory. */
async function start(): Promise<App> {
  const env = {
    ROWMILL_DATA_DIR: join(root, 'data'),
    ROWMILL_AGENTS: join(root, 'agents.yaml'),
    ROWMILL_FILES: join(root, 'files'),
    ROWMILL_CONFIRM_ABOVE_USD: String(LIMIT_USD),
    ANTHROPIC_API_KEY: 'test-key',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
  };
  const app = await createApp(readConfig(env, root), createSilentLog(), { driver: 'supervisor' });
  apps.push(app);
  return app;
}

/** What a model does through a face; in a chat, while it answers message `number`. */
async function call(app: App, face: 'mcp' | 'chat', input: JsonObject, number = 1): Promise<JsonObject> {
  const tool = (await app.as(localCaller(face)).tools()).find(({ name }) => name === 'execute_batch_processor');
  const said = face === 'chat' ? { said: { conversation: 'conv_1', number } } : {};
  const result = await tool?.execute(input, toolContext({ idempotencyKey: crypto.randomUUID(), ...said }));
  if (result?.structured === undefined) throw new Error(result?.content);
  return result.structured;
}

const TABLE = { target: { name: 'speed' } };
const csv = () => ({ ...TABLE, csv_uri: join(root, 'files', 'a.csv'), options: { max_cost_usd: CAP_USD } });
const tokenOf = (answer: JsonObject) =>
  String((answer['needs_confirmation'] as JsonObject | null)?.['confirmation_token'] ?? '');

it('five starts of nine tenths of the limit, over two processes and two faces, start one batch', async () => {
  const [one, two] = [await start(), await start()];
  const answers = await Promise.all([
    call(one, 'mcp', csv()),
    call(two, 'mcp', csv()),
    call(one, 'chat', csv()),
    call(two, 'chat', csv(), 2),
    call(one, 'mcp', { ...csv(), options: { idempotency_key: 'mine', max_cost_usd: CAP_USD } }),
  ]);
  expect(answers.filter(({ started }) => started)).toHaveLength(1);
  const { csv_uri, options } = csv();
  const plan = await one.runner.plan({ csv_uri, options, target: { type: 'agent', name: 'speed' } });
  expect(plan.spending_usd).toBe(CAP_USD);
});

it('small samples and the rests after them, or a cap that is raised step by step, do not add up to more', async () => {
  const app = await start();
  let allowed = 0;
  for (let step = 1; step <= 6; step += 1) {
    const cap = LIMIT_USD * 0.4;
    const answer = await call(app, 'mcp', { ...csv(), options: { max_cost_usd: cap, sample: ROWS - step } });
    if (answer['started'] !== true) continue;
    allowed += cap;
    const raise = { action: 'set', batch_id: String(answer['batch_id']), options: { max_cost_usd: LIMIT_USD * 0.75 } };
    if ((await call(app, 'mcp', raise))['needs_confirmation'] === null) allowed += LIMIT_USD * 0.35;
  }
  expect(allowed).toBeGreaterThan(0);
  expect(allowed).toBeLessThanOrEqual(LIMIT_USD);
});

it('a token of one face is worth nothing in the other, and a yes of one process counts once over all', async () => {
  const [one, two] = [await start(), await start()];
  await call(one, 'mcp', csv());
  const ofMcp = tokenOf(await call(one, 'mcp', csv()));
  const ofChat = tokenOf(await call(one, 'chat', csv(), 1));
  for (const number of [1, 3]) {
    expect(await call(two, 'chat', { ...csv(), confirmation_token: ofMcp }, number)).toMatchObject({ started: false });
  }
  expect(await call(two, 'mcp', { ...csv(), confirmation_token: ofChat })).toMatchObject({ started: false });
  const said = await Promise.all([
    call(one, 'chat', { ...csv(), confirmation_token: ofChat }, 3),
    call(two, 'chat', { ...csv(), confirmation_token: ofChat }, 3),
  ]);
  expect(said.filter(({ started }) => started)).toHaveLength(1);
  expect(new Set(said.map((answer) => answer['batch_id'])).size).toBe(1);
});

it('a start through the command line without a yes counts with those of models', async () => {
  const app = await start();
  await call(app, 'mcp', csv());
  const unasked = { key: 'cli', batchId: 'bat_x', expectedUsd: CAP_USD, spentUsd: 0 };
  expect((await app.confirmations.startUnasked(unasked, LIMIT_USD)).counted).toBe(false);
});
