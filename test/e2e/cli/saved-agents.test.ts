import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../../cli/workspace.ts';

let space: Workspace;
beforeAll(async () => {
  space = await createWorkspace();
  const answer = '{ tool_calls: [{ name: return_structured_data, input: { kind: person } }] }';
  await space.write('kind.yaml', `rules:\n  - reply: ${answer}\n`);
});
afterAll(() => space.close());

const QUESTION = ['--prompt', 'What is {name}? \\{x} ${HOME}', '--output', 'kind:person|thing', '--model', 'kind.yaml'];
const run = async (...args: string[]) => {
  const done = await space.run([...args, '--json']);
  return { ...done, answer: JSON.parse(done.stdout) };
};

describe('a question that is saved as an agent', () => {
  it('runs as that agent, and is listed with where it comes from', async () => {
    const { answer, code } = await run('run', 'people.csv', ...QUESTION, '--save-agent', 'kinds');
    expect(code).toBe(0);
    expect(answer).toMatchObject({ agent: 'kinds@v1', counts: { succeeded: 3 } });
    const { agents } = (await run('agents', 'list')).answer;
    const sourceOf = (name: string) => agents.find((agent: { name: string }) => agent.name === name)?.source;
    expect(sourceOf('kinds')).toBe('saved with rowmill');
    expect(sourceOf('greeter')).toBe(space.path('agents.yaml'));
    expect((await space.run(['agents', 'list'])).stdout).toMatch(/kinds +v1 .*\[3\][\s\S]*\[3\] saved with rowmill/);
  });

  it('gets a version with each change, and older versions stay', async () => {
    await run('agents', 'new', 'kinds', '--save', ...QUESTION);
    const changed = await run('agents', 'new', 'kinds', '--save', ...QUESTION, '--output', 'sure:boolean?');
    expect(changed.answer.agent).toMatchObject({ name: 'kinds', version: 'v2' });
    const again = await run('run', 'people.csv', '--agent', 'kinds@v1');
    expect(again.answer).toMatchObject({ agent: 'kinds@v1', status: 'completed' });
  });

  it.each(['kinds', 'greeter'])('is YAML that loads to the same definition: %s', async (name) => {
    const shown = (await run('agents', 'show', name)).answer;
    const { stdout } = await space.run(['agents', 'export', name]);
    await space.write('exported.yaml', stdout);
    const env = { ROWMILL_AGENTS: 'exported.yaml' };
    const loaded = JSON.parse((await space.run(['agents', 'show', name, '--json'], { env })).stdout);
    const { base_dir: _, ...definition } = loaded;
    const { base_dir: __, ...before } = shown;
    expect(definition).toEqual(before);
  });

  it.each([
    ['a name of the registry', ['agents', 'new', 'greeter', '--save', ...QUESTION], /is an agent of .*agents.yaml/],
    ['a name that is none', ['agents', 'new', 'a b', '--save', ...QUESTION], /1 to 100 letters/],
    ['no question', ['run', 'people.csv', '--agent', 'greeter', '--save-agent', 'x'], /--save-agent saves a question/],
    ['nothing, and no terminal to ask in', ['agents', 'new'], /A name, a prompt and a field are needed/],
  ])('is refused with %s', async (_what, args, message) => {
    const done = await space.run(args);
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(message);
  });

  it('is printed as YAML where it is not saved', async () => {
    const { stdout } = await space.run(['agents', 'new', 'printed', ...QUESTION]);
    expect(stdout).toContain('name: printed');
    expect(stdout).toContain('What is {name}? {x} ${HOME}');
    expect((await space.run(['agents', 'show', 'printed'])).code).toBe(2);
  });
});
