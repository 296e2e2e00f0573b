import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echoAnswer } from '../../support/echo-agent.ts';
import { type MessagesServer, startMessagesServer } from '../../support/messages-server.ts';
import { createWorkspace, type Workspace } from '../workspace.ts';

let space: Workspace;
let server: MessagesServer;
let env: Record<string, string>;
beforeAll(async () => {
  space = await createWorkspace();
  server = await startMessagesServer({ respond: echoAnswer, keepRequests: true });
  env = { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: server.url };
});
afterAll(async () => {
  await server.close();
  await space.close();
});

describe('rowmill try', () => {
  it('runs an agent once on given fields, and shows its call with the cost', async () => {
    const done = await space.run(['try', 'keyless', '--input', 'name=Ann'], { env });
    expect(done.code).toBe(0);
    expect(done.stdout).toContain('→ return_structured_data');
    expect(done.stdout).toMatch(/output +greeting: /);
    expect(done.stdout).toMatch(/cost +(<)?\$0\.0/);
    expect(JSON.stringify(server.requests.at(-1)?.body.messages)).toContain('Ann');
  });

  it('runs it on a row of a table', async () => {
    const done = await space.run(['try', 'greeter', '--table', 'people.csv', '--row', '2', '--json']);
    expect(JSON.parse(done.stdout)).toMatchObject({
      run_id: expect.stringMatching(/^try_/),
      agent: 'greeter@v1',
      status: 'succeeded',
      input: { name: 'Zoë', town: 'Wexcombe' },
      output: { greeting: 'Hello Zoë' },
      cost_usd: 0,
      entries: [{ kind: 'model' }],
    });
  });

  it('reads the table as it is told', async () => {
    await space.write('odd.csv', 'A title\nname;town\nJürgen;Köln\n');
    const reading = ['--skip-lines', '1', '--delimiter', ';'];
    const done = await space.run(['try', 'greeter', '--table', 'odd.csv', ...reading, '--json']);
    expect(JSON.parse(done.stdout)).toMatchObject({ input: { name: 'Jürgen', town: 'Köln' } });
    const none = await space.run(['try', 'greeter', '--input', 'name=Ann', ...reading]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('belongs to --table')]);
  });

  it('runs an agent that answers in text on a message', async () => {
    const done = await space.run(['try', 'orchestrator', 'hello']);
    expect(done.stdout).toContain('You said hello');
  });

  it('runs a question', async () => {
    const args = ['--prompt', 'Is {name} a person?', '--output', 'person:boolean', '--input', 'name=Ann'];
    const done = await space.run(['try', ...args, '--json'], { env });
    expect(JSON.parse(done.stdout)).toMatchObject({
      agent: expect.stringMatching(/^question@/),
      output: { person: expect.any(Boolean) },
    });
    expect(JSON.stringify(server.requests.at(-1)?.body.messages)).toContain('Is Ann a person?');
  });

  it('shows a run that failed, and exits with 3', async () => {
    const done = await space.run(['try', 'greeter', '--input', 'name=bad']);
    expect(done.code).toBe(3);
    expect(done.stdout).toMatch(/error .*\(max_turns_exceeded\)|error .*\(output_/);
  });

  it.each([
    ['no input', ['try', 'greeter'], /Give one of a message/],
    ['a field that does not exist', ['try', 'greeter', '--input', 'nam=Ann'], /"name" is not mapped/],
    ['a row that does not exist', ['try', 'greeter', '-t', 'people.csv', '-r', '9'], /no row 9: it has 3 rows/],
    ['no agent', ['try', '--input', 'a=b'], /Name an agent/],
    ['an agent that does not exist', ['try', 'greter', 'hello'], /Did you mean "greeter"/],
  ])('refuses %s before any call', async (_what, args, message) => {
    const done = await space.run(args);
    expect(done.code).toBe(2);
    expect(done.stderr).toMatch(message);
  });
});
