import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../workspace.ts';

let space: Workspace;
beforeAll(async () => {
  space = await createWorkspace();
});
afterAll(() => space.close());

it('answers one message a line from a pipe, in one conversation', async () => {
  const done = await space.run(['chat'], { input: 'hello\n\nand again\n' });
  expect(done.code).toBe(0);
  expect(done.stdout).toContain('You said hello; that was message 1.');
  expect(done.stdout).toContain('You said and again; that was message 2.');
  expect(done.stdout).toContain('scripted model');
  expect(done.stderr).toMatch(/rowmill chat --conversation conv_/);
});

it('shows a tool call with its name, input, summary and time', async () => {
  const done = await space.run(['chat'], { input: 'please analyse it\n' });
  expect(done.stdout).toMatch(/⚙ analyze_csv_structure {2}csv_uri: people\.csv/);
  expect(done.stdout).toMatch(/✓ .*3 rows, 2 columns.*\(.+ m?s\)/);
  expect(done.stdout).toContain('There are 3 rows.');
});

it('continues a stored conversation, and stops at /exit', async () => {
  const first = JSON.parse((await space.run(['chat', '--json'], { input: 'one\n' })).stdout);
  expect(first.turns).toHaveLength(1);
  const args = ['chat', '--conversation', first.conversation_id, '--json'];
  const second = JSON.parse((await space.run(args, { input: 'two\n/exit\nthree\n' })).stdout);
  expect(second.conversation_id).toBe(first.conversation_id);
  expect(second.turns.map((turn: { text: string }) => turn.text)).toEqual(['You said two; that was message 2.']);
});

it('refuses a conversation that does not exist before it reads anything', async () => {
  const done = await space.run(['chat', '-C', 'conv_nope', '--json'], { input: 'hello\n' });
  expect(done.code).toBe(2);
  expect(JSON.parse(done.stdout).error.code).toBe('conversation_not_found');
});

it('runs commands without any model call, and goes on', async () => {
  const input = '/help\n/agents\n/batches\n/halp\nhello\n/quit\nthree\n';
  const done = await space.run(['chat'], { input });
  expect(done.stdout).toMatch(/\/batches +list the newest batches/);
  expect(done.stdout).toContain('greeter');
  expect(done.stdout).toContain('There are no batches.');
  expect(done.stderr).toContain('/halp is no command. Did you mean /help?');
  expect(done.stdout).toContain('You said hello; that was message 1.');
  expect(done.stdout).not.toContain('three');
});

it('takes a path for a message', async () => {
  const done = await space.run(['chat'], { input: '/data/people.csv\n' });
  expect(done.stdout).toContain('You said /data/people.csv; that was message 1.');
});
