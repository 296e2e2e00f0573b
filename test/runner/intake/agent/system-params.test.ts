import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Tool } from '../../../../src/agent/tool.ts';
import type { InputMapping } from '../../../../src/runner/contract/request/mapping.ts';
import { ask, say, startWorld, type World } from '../../world.ts';

const CSV = 'id,email,message\nT-1,ann@example.com,Where is it?\n';
const FIELDS = [{ name: 'topic', type: 'string' as const }];

let world: World;
beforeEach(async () => {
  world = await startWorld({ agent: { input: { type: 'object', additionalProperties: true } } });
  await world.write('table.csv', CSV);
});
afterEach(() => world.close());

const render = (prompt: string, input_mapping?: object) =>
  world.runner.render({
    csv_uri: world.request().csv_uri,
    target: { type: 'inline', prompt, fields: FIELDS, model: 'anthropic/claude-haiku-5-5' },
    row: 0,
    ...(input_mapping !== undefined && { input_mapping: input_mapping as never }),
  });

const PARAMS = { system_params: { columns: { 'customer.email': 'email', id: 'id' } } };

describe('system params', () => {
  it('stay in the input of a row, and reach the model only where the prompt names them', async () => {
    const quiet = await render('About {{message}}', PARAMS);
    expect(quiet.input).toEqual({
      message: 'Where is it?',
      system_params: { customer: { email: 'ann@example.com' }, id: 'T-1' },
    });
    expect(JSON.stringify(quiet.messages)).not.toContain('example.com');
    const named = await render('About {{message}} of {{ system_params.customer.email }}', PARAMS);
    expect(named.messages[0]?.content).toBe('About Where is it? of ann@example.com');
  });

  it('reach no agent without a prompt of its own', async () => {
    const rendered = await world.runner.render({
      csv_uri: world.request().csv_uri,
      target: world.request().target,
      input_mapping: { q: 'message', ...PARAMS },
      row: 0,
    });
    expect(rendered.input).toHaveProperty('system_params.id', 'T-1');
    expect(JSON.stringify(rendered.messages)).not.toContain('T-1');
  });

  it.each([
    ['{{message}} {{system_params.customer.emial}}', PARAMS, 'Did you mean {{system_params.customer.email}}?'],
    ['{{message}} {{system_params.id}}', undefined, 'There are no params'],
    ['{{message}}', { system_params: { columns: { id: 'nr' } } }, 'names the column "nr"'],
  ])('that do not exist are named with the fix: %s', async (prompt, mapping, message) => {
    await expect(render(prompt, mapping)).rejects.toThrow(message);
  });
});

describe('system params of tools', () => {
  const open = { type: 'object', additionalProperties: true };
  const url = 'http://127.0.0.1/{{system_params.mail}}';
  const tools = [{ http: { name: 'look', description: 'Looks.', url, input: open } }];
  const mapped = { q: 'message', system_params: { columns: { mail: 'email' } } };

  it('reach the tools of a row, and not its model', async () => {
    const seen: unknown[] = [];
    const look: Tool = {
      ...{ name: 'look', description: 'Looks.', inputSchema: open, idempotent: true },
      execute: async (_input, { params }) => seen.push(params),
    };
    const requests: string[] = [];
    const there = await startWorld({
      agent: { input: open, tools },
      tools: [look],
      respond: (_row, { request, number }) => {
        requests.push(JSON.stringify(request));
        return number === 1 ? ask('look', {}) : say({ answer: 'yes' });
      },
    });
    await there.write('table.csv', CSV);
    const { counts } = await there.runner.drive(await there.start({}, { input_mapping: mapped }));
    expect(counts).toMatchObject({ succeeded: 1 });
    expect(seen).toEqual([{ mail: 'ann@example.com' }]);
    expect(requests).toHaveLength(2);
    expect(requests.join()).not.toContain('example.com');
    await there.close();
  });

  it('that nothing fills are named before the start', async () => {
    const there = await startWorld({ agent: { input: open, tools } });
    await there.write('table.csv', CSV);
    const problemsOf = async (input_mapping: InputMapping) =>
      (await there.runner.plan(there.request({}, { input_mapping }))).problems;
    expect(await problemsOf({ q: 'message' })).toMatchObject([
      { code: 'column_unknown', message: expect.stringMatching(/^The tool look names \{\{system_params\.mail\}\}/) },
    ]);
    expect(await problemsOf(mapped)).toEqual([]);
    await there.close();
  });
});
