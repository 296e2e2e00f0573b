import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWorkspace, type Workspace } from './workspace.ts';

let space: Workspace;
beforeEach(async () => {
  space = await createWorkspace();
});
afterEach(() => space.close());

it('serve prints where it listens, answers, and ends with 0 on a signal', async () => {
  const going = space.start(['serve', '--port', '0', '--json']);
  await going.until(/"url"/);
  await expect.poll(() => going.stdout().trim().endsWith('}')).toBe(true);
  const { url } = JSON.parse(going.stdout());
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  going.child.kill('SIGTERM');
  expect((await going.finished).code).toBe(0);
});

it('serve refuses to listen beyond loopback without keys', async () => {
  const done = await space.run(['serve', '--host', '0.0.0.0', '--port', '0', '--json']);
  expect(done.code).toBe(2);
  expect(JSON.parse(done.stdout).error.message).toContain('ROWMILL_API_KEYS');
});

it('mcp answers on stdout with nothing but the protocol, and ends when stdin ends', async () => {
  const initialize = {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  };
  const done = await space.run(['mcp'], { input: `${JSON.stringify(initialize)}\n` });
  expect(done.code).toBe(0);
  const lines = done.stdout.trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ id: 1, result: { serverInfo: { name: 'rowmill' } } });
});

it('runner drives what a dead process left and ends when nothing is left', async () => {
  await space.write('greeter.script.yaml', `latency_ms: 60000\n${RULES}`);
  const going = space.start(['run', 'people.csv', '-a', 'greeter', '--out', 'out.csv']);
  await going.until(/Started (bat_\w+)/);
  const id = /Started (bat_\w+)/.exec(going.stderr())?.[1] ?? '';
  await expect
    .poll(async () => JSON.parse((await space.run(['batches', 'show', id, '--json'])).stdout).counts.running, {
      timeout: 20_000,
    })
    .toBeGreaterThan(0);
  going.child.kill('SIGKILL');
  await going.finished;
  await space.write('greeter.script.yaml', RULES);
  const done = await space.run(['runner', '--json']);
  expect(done.code).toBe(0);
  expect(JSON.parse(done.stdout)).toEqual({ idle: true });
  const report = JSON.parse((await space.run(['batches', 'show', id, '--json'])).stdout);
  expect(report).toMatchObject({ status: 'completed', counts: { total: 3, succeeded: 3 } });
});

const RULES = `rules:
  - reply:
      tool_calls: [{ name: return_structured_data, input: { greeting: "{% 'Hello ' & input.name %}" } }]
`;
