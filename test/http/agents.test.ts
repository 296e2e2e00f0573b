import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/app/config.ts';
import { describeSettings } from '../../src/app/describe-settings.ts';
import { createSilentLog } from '../../src/base/log.ts';
import type { JsonObject } from '../../src/protocol/messages.ts';
import { createProviders } from '../../src/providers/open-providers.ts';
import { echo, say } from '../runner/world.ts';
import { type RestWorld, startRestWorld } from './rest-world.ts';

let world: RestWorld;
const FIELDS = [{ name: 'mood', type: 'string', values: ['good', 'bad'] }];
beforeEach(async () => {
  world = await startRestWorld({
    respond: async (row, context) => {
      const { system } = context.request;
      if (system.startsWith('You design')) return say({ fields: suggestion });
      return system.startsWith('You answer') ? say({ mood: 'good' }) : echo(row, context);
    },
  });
  suggestion = [{ name: 'mood', type: 'string', description: 'The mood.', values: ['good', 'bad'], list: null }];
  await world.write('table.csv', 'q,other\na,1\nb,2\n');
});
afterEach(() => world.close());
let suggestion: JsonObject[] = [];

const save = (more: object = {}) =>
  world.send('POST', '/v1/agents', {
    name: 'moods',
    ...{ prompt: 'How is {q}?', fields: FIELDS, model: 'claude-haiku-5-5' },
    ...more,
  });
const actions = async () =>
  (await world.store.readAudit({ limit: 10 })).map(({ action, subject }) => `${action} ${subject}`);

describe('agents over REST', () => {
  it('are listed with their places, and shown', async () => {
    const { body } = await world.send('GET', '/v1/agents');
    expect(body.items.map(({ name }: { name: string }) => name)).toEqual(['orchestrator', 'tester']);
    const shown = await world.send('GET', '/v1/agents/tester');
    expect(shown.body).toMatchObject({ version: 'v1', runs_in_batches: true, tools: [], versions: ['v1'] });
    const missing = await world.send('GET', '/v1/agents/testr');
    expect(missing).toMatchObject({ status: 404, body: { detail: expect.stringContaining('"tester"') } });
  });

  it('are refused with a model that the server has no key for, however they are defined', async () => {
    Object.assign(await world.deps.provider('anthropic'), { lacks: () => 'ANTHROPIC_API_KEY' });
    const question = { prompt: 'How is {q}?', fields: FIELDS, model: 'claude-haiku-5-5' };
    const answers = [
      await save(),
      await world.send('POST', '/v1/agents/define', question),
      await world.send('POST', '/v1/agents/try', { question, input: { q: 'x' } }),
    ];
    const detail = expect.stringContaining('before ANTHROPIC_API_KEY is set');
    const refusal = { status: 400, body: { code: 'invalid_arguments', detail } };
    expect(answers).toMatchObject([refusal, refusal, refusal]);
  });

  it('are stored in versions, run in batches, and deleted', async () => {
    const first = await save();
    expect([first.status, first.headers.get('location')]).toEqual([201, '/v1/agents/moods@v1']);
    expect((await save()).body.version).toBe('v1');
    const second = await save({ prompt: 'How good is {q}?' });
    expect(second.body).toMatchObject({ version: 'v2', versions: ['v2', 'v1'], prompt: 'How good is {q}?' });
    const { csv_uri } = world.request();
    const target = { name: 'moods', version: 'v1' };
    const { body: batch } = await world.send('POST', '/v1/batches', { csv_uri, target });
    expect((await world.runner.drive(batch.batch_id)).counts).toMatchObject({ succeeded: 2 });
    expect((await world.send('DELETE', '/v1/agents/moods@v1')).status).toBe(204);
    expect((await world.send('GET', '/v1/agents/moods')).body.versions).toEqual(['v2']);
    expect((await world.send('DELETE', '/v1/agents/moods')).status).toBe(204);
    expect((await world.send('DELETE', '/v1/agents/moods')).status).toBe(404);
    expect((await world.send('DELETE', '/v1/agents/tester')).status).toBe(400);
    expect((await world.send('GET', `/v1/batches/${batch.batch_id}`)).body.counts).toMatchObject({ succeeded: 2 });
    expect(await actions()).toContain('agent-delete moods@v1');
  });

  it.each([
    [{ tools: [] }, 'tools'],
    [{ fields: [] }, 'body.fields'],
    [{ name: 'a b' }, 'body.name'],
    [{ name: 'tester' }, 'is an agent of'],
    [{ model: 'scripted//etc/model.yaml' }, 'only the command line'],
  ])('are refused with %o, and nothing is stored', async (more, told) => {
    const { status, body } = await save(more);
    expect([status, body.detail]).toEqual([400, expect.stringContaining(told)]);
    expect(await world.store.listSavedAgents()).toEqual([]);
  });

  it('are checked by themselves and against a table', async () => {
    const alone = await world.send('POST', '/v1/agents/tester/check', {});
    expect(alone.body).toMatchObject({ compatible: true, columns: null, output_fields: ['answer'] });
    const { csv_uri } = world.request();
    const fits = await world.send('POST', '/v1/agents/tester@v1/check', { csv_uri });
    expect(fits.body).toMatchObject({ compatible: true, row_count: 2, proposed_mapping: { q: 'q' } });
    const wrong = { csv_uri, input_mapping: { q: 'nothing' } };
    const misfit = await world.send('POST', '/v1/agents/tester/check', wrong);
    expect(misfit.body).toMatchObject({ compatible: false, problems: [{ code: 'column_unknown' }] });
    expect((await world.send('POST', '/v1/agents/none/check', {})).status).toBe(404);
  });

  it('run once over an input or a row of a table', async () => {
    const given = await world.send('POST', '/v1/agents/tester/try', { input: { q: 'x' } });
    expect(given.body).toMatchObject({ status: 'succeeded', input: { q: 'x' }, output: { answer: 'x!' } });
    const { csv_uri } = world.request();
    const row = await world.send('POST', '/v1/agents/tester/try', { csv_uri, row: 1 });
    expect(row.body).toMatchObject({ output: { answer: 'b!' }, cost_usd: expect.any(Number) });
    const two = await world.send('POST', '/v1/agents/tester/try', { csv_uri, message: 'hi' });
    expect(two).toMatchObject({ status: 400, body: { detail: expect.stringContaining('exactly one of') } });
    expect(world.sent).toHaveLength(2);
    expect(await actions()).toContain('agent-try tester');
  });

  it('get fields suggested by the model of the orchestrator, or a reason why not', async () => {
    const asked = { prompt: 'How is {q}?', columns: ['q'] };
    const found = await world.send('POST', '/v1/agents/suggest', asked);
    expect(found.body).toMatchObject({ fields: [{ name: 'mood', values: ['good', 'bad'] }] });
    expect(found.body.cost_usd).toBeGreaterThan(0);
    expect((await save({ fields: found.body.fields })).status).toBe(201);
    suggestion = [{ name: 'not a name', type: 'string', description: '' }];
    const bad = await world.send('POST', '/v1/agents/suggest', asked);
    expect(bad).toMatchObject({ status: 502, body: { code: 'output_invalid' } });
  });
});

describe('prices and settings', () => {
  it('has the prices of the agents, or of the models that are asked for', async () => {
    const { body } = await world.send('GET', '/v1/prices');
    const haiku = { model: 'anthropic/claude-haiku-5-5', known: true };
    expect(body.items).toContainEqual(expect.objectContaining(haiku));
    const asked = await world.send('GET', '/v1/prices?model=anthropic/claude-haiku-5-5,openai/none-such');
    const [known, unknown] = asked.body.items;
    expect(known.batch.output).toBeCloseTo(known.realtime.output / 2);
    expect(unknown).toEqual({ model: 'openai/none-such', known: false, realtime: null, batch: null });
    expect((await world.send('GET', '/v1/prices?model=gpt')).status).toBe(400);
  });

  it('shows limits and configured providers, and no secret', async () => {
    const config = readConfig({ ROWMILL_DATA_DIR: world.folder, ANTHROPIC_API_KEY: 'sk-secret' }, world.folder);
    const log = createSilentLog();
    const providers = createProviders({ ...config.providers, log });
    const found = await describeSettings(config, { providers, agentSources: ['agents.yaml'] });
    const byName = Object.fromEntries(found.providers.map((one) => [one.name, one]));
    expect(byName['anthropic']).toMatchObject({ configured: true, missing: null, batch_api: true });
    expect(byName['openai']).toMatchObject({ configured: false, missing: expect.stringContaining('OPENAI_API_KEY') });
    expect(found.limits).toMatchObject({ confirm_above_usd: config.confirmAboveUsd, max_usd_per_day: null });
    expect(JSON.stringify(found)).not.toContain('secret');
    await providers.close();
  });
});
