import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from '../workspace.ts';

let space: Workspace;
beforeAll(async () => {
  space = await createWorkspace();
  const fixture = { command: process.execPath, args: [resolve('test/support/mcp-fixture-stdio.ts')], tools: ['add'] };
  const agent = (name: string, tools: unknown[]) => ({
    name,
    version: 'v1',
    model: { provider: 'scripted', model: './greeter.script.yaml' },
    instructions: 'Greet.',
    structured_output: { enabled: true, schema: { type: 'object', properties: { greeting: { type: 'string' } } } },
    tools,
  });
  const agents = [
    agent('works', [{ mcp: fixture }]),
    agent('broken', [{ mcp: fixture }, { mcp: { command: 'no-such-command' } }]),
  ];
  await space.write('agents.yaml', JSON.stringify({ agents }));
});
afterAll(() => space.close());

it('starts the tools of an agent and says what they offer', async () => {
  const check = await space.run(['agents', 'check', 'works']);
  expect(check.stderr).toContain('Starting 1 tool, for at most 20 s …');
  expect(check.stdout).toMatch(/✓ mcp .*mcp-fixture-stdio\.ts \(add\): it offers add$/m);
  expect(check.code).toBe(0);
});

it('says which tool fails and why, also as JSON, and exits 2', async () => {
  const check = await space.run(['agents', 'check', 'broken', '--json']);
  expect(check.code).toBe(2);
  const found = JSON.parse(check.stdout);
  expect(found.compatible).toBe(false);
  expect(found.tools).toMatchObject([
    { works: true, names: ['add'], error: null },
    {
      tool: 'mcp no-such-command',
      works: false,
      error: { code: 'tool_unavailable', message: expect.stringContaining('there is no command "no-such-command"') },
    },
  ]);
});
