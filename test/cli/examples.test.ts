import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ToolSet } from '../../src/agent/tool.ts';
import { openTools } from '../../src/agent/tools/open-tools.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { createYamlRegistry } from '../../src/registry/yaml-registry.ts';
import { createWorkspace, ROOT, type Workspace } from './workspace.ts';

const EXAMPLES = join(ROOT, 'examples');

describe('examples/agents.yaml', () => {
  let tools: ToolSet;
  beforeAll(async () => {
    const agent = await createYamlRegistry(join(EXAMPLES, 'agents.yaml')).find('support-triage');
    if (agent === undefined) throw new Error('support-triage is missing');
    tools = await openTools(agent, { env: { PATH: process.env['PATH'] }, log: createSilentLog() });
  });
  afterAll(() => tools.close());

  function execute(name: string, input: { [field: string]: string }) {
    const tool = tools.tools.find((one) => one.name === name);
    if (tool === undefined) throw new Error(`${name} is missing`);
    const context = { signal: new AbortController().signal, log: createSilentLog(), idempotencyKey: 'key' };
    return tool.execute(input, context);
  }

  it('opens a module tool and a tool of an MCP server, both safe to repeat', () => {
    expect(tools.tools.map((tool) => [tool.name, tool.idempotent])).toEqual([
      ['answer_deadline', true],
      ['find_order', true],
    ]);
  });

  it('puts deadlines behind weekends', async () => {
    const friday = { priority: 'normal', received: '2026-11-20T09:12:00Z' };
    expect(await execute('answer_deadline', friday)).toEqual({ answer_by: '2026-11-23T09:12:00.000Z' });
    await expect(async () => execute('answer_deadline', { priority: 'low', received: 'x' })).rejects.toThrow('no date');
  });

  it('finds orders over stdio', async () => {
    expect(await execute('find_order', { order: 'rm-10271' })).toMatchObject({
      content: 'being packed',
      isError: false,
    });
    expect(await execute('find_order', { order: 'RM-99999' })).toMatchObject({ isError: true });
  });
});

describe('examples, by the command line', () => {
  let space: Workspace;
  beforeAll(async () => {
    space = await createWorkspace();
  });
  afterAll(() => space.close());

  it('fit the agents that they are for', async () => {
    const env = {
      ROWMILL_FILES: EXAMPLES,
      ROWMILL_AGENTS: join(EXAMPLES, 'agents.yaml'),
      ANTHROPIC_API_KEY: 'test',
      ROWMILL_COUNT_TOKENS: 'local',
    };
    const table = join(EXAMPLES, 'support-queries.csv');
    const triage = await space.run(['agents', 'check', 'support-triage', '--table', table, '--json'], { env });
    expect(JSON.parse(triage.stdout)).toMatchObject({ compatible: true, row_count: 12 });
    const check = ['agents', 'check', 'query-classifier', '--table', table, '--map', 'query=message', '--json'];
    expect(JSON.parse((await space.run(check, { env })).stdout)).toMatchObject({ compatible: true });
  });

  it('give the demo the tools, input and output of the shipped broadband checker', async () => {
    const shipped = await createYamlRegistry(join(ROOT, 'agents.yaml')).find('broadband-checker-structured-v2');
    const demo = await createYamlRegistry(join(EXAMPLES, 'demo', 'agents.yaml')).find(
      'broadband-checker-structured-v2',
    );
    expect(demo?.version).toBe(shipped?.version);
    expect(demo?.structured_output).toEqual(shipped?.structured_output);
    expect(demo?.input).toEqual(shipped?.input);
    const request = (agent: typeof demo) =>
      agent?.tools.map((tool) => ('http' in tool ? { ...tool.http, description: '', input: {} } : tool));
    expect(request(demo)).toEqual(request(shipped));
  });

  it('name no file that is not there', () => {
    const readme = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
    const names = [...readme.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) expect(() => readFileSync(join(EXAMPLES, name))).not.toThrow(/ENOENT/);
  });
});
