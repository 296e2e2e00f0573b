import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { questionOf } from '../../../src/cli/arguments/question-arguments.ts';
import { createWorkspace, type Workspace } from '../../cli/workspace.ts';

let space: Workspace;
beforeAll(async () => {
  space = await createWorkspace();
});
afterAll(() => space.close());

async function json(...args: string[]) {
  const { stdout, stderr } = await space.run([...args, '--json'], { env: { ANTHROPIC_API_KEY: 'sk-secret' } });
  if (!stdout.startsWith('{')) throw new Error(`${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout);
}

describe('rowmill settings', () => {
  it('shows limits and providers, and no secret', async () => {
    const found = await json('settings');
    expect(found).toMatchObject({ limits: { confirm_above_usd: 5 }, fleet: false, callback_hosts: [] });
    expect(found.providers).toContainEqual(expect.objectContaining({ name: 'anthropic', missing: null }));
    expect(JSON.stringify(found)).not.toContain('sk-secret');
    const { stdout } = await space.run(['settings'], { env: { ROWMILL_MAX_USD_PER_DAY: '7' } });
    expect(stdout).toMatch(/^cap of a day +\$7\.00$/m);
    expect(stdout).toMatch(/^anthropic +yes +claude-\S+ +.*ANTHROPIC_API_KEY/m);
  });
});

describe('rowmill prices', () => {
  it('shows the models of the agents and the default models, or those that are named', async () => {
    const all = (await json('prices')).prices.map(({ model }: { model: string }) => model);
    expect(all).toContain('anthropic/claude-haiku-5-5');
    const { prices } = await json('prices', 'anthropic/claude-haiku-5-5', 'openai/none-such');
    expect(prices).toMatchObject([{ known: true }, { model: 'openai/none-such', known: false }]);
    const { stdout } = await space.run(['prices', 'anthropic/claude-haiku-5-5', 'openai/none-such']);
    expect(stdout).toMatch(/^anthropic\/claude-haiku-5-5 +\$[\d.]+ +\$[\d.]+ +\$/m);
    expect(stdout).toMatch(/^openai\/none-such +unknown$/m);
    expect(await space.run(['prices', 'haiku'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('provider/model'),
    });
  });
});

describe('rowmill agents suggest', () => {
  it('shows fields as options, which define them again', async () => {
    const fields = [
      { name: 'mood', type: 'string', values: ['good', 'so so'], description: "How it's put." },
      { name: 'tags', type: 'string', values: ['a?', '(b)'], list: true, nullable: true, description: 'All of them.' },
    ];
    const input = JSON.stringify({ fields });
    await space.write(
      'orchestrator.script.yaml',
      `rules:\n  - reply: { tool_calls: [{ name: return_structured_data, input: ${input} }] }\n`,
    );
    const asked = ['agents', 'suggest', 'How is {name}?', '--table', 'people.csv'];
    expect(await json(...asked)).toMatchObject({ fields, model: expect.stringContaining('scripted/') });
    const { stdout, stderr } = await space.run(asked);
    expect(stdout).toContain(String.raw`--output 'mood:good|so so # How it'\''s put.'`);
    expect(stderr).toContain('By scripted/');
    const options = stdout
      .trim()
      .split('\n')
      .map((line) => line.slice("--output '".length, -1).replaceAll(String.raw`'\''`, "'"));
    expect(questionOf({ prompt: '{name}', output: options })?.fields).toEqual(fields);
  });

  it('ends with the reason where no fields can be used', async () => {
    await space.write('orchestrator.script.yaml', 'rules:\n  - reply: { text: I will not. }\n');
    const refused = await space.run(['agents', 'suggest', 'How is {name}?']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('No fields were suggested') });
  });
});

describe('rowmill drafts', () => {
  it('keeps a request, changes it and its name, and refuses keys that no request has', async () => {
    await space.write('a.json', '{"csv_uri": "a.csv"}');
    await space.write('b.json', '{"csv_uri": "b.csv", "target": {"name": "greeter"}}');
    const { draft_id: id } = await json('drafts', 'add', space.path('a.json'), '--name', 'First');
    expect(await json('drafts', 'set', id, space.path('b.json'))).toMatchObject({
      ...{ name: 'First', revision: 2, request: { csv_uri: 'b.csv', target: { name: 'greeter' } } },
    });
    expect(await json('drafts', 'set', id, '--name', 'Second')).toMatchObject({ name: 'Second', revision: 3 });
    expect(await json('drafts', 'show', id)).toMatchObject({ name: 'Second', request: { csv_uri: 'b.csv' } });
    await space.write('c.json', '{"csv": "c.csv"}');
    const refused = async (...args: string[]) => (await space.run(['drafts', ...args])).stderr;
    expect(await refused('add', space.path('c.json'))).toContain('unknown keys csv');
    expect(await refused('set', id)).toContain('Nothing is changed');
    expect(await refused('add', 'none.json')).toContain('file_not_found');
  });
});
