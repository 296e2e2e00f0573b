import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentDefinition } from '../../../src/agent/definition.ts';
import { checkTools, openTools, startTools } from '../../../src/agent/tools/open-tools.ts';
import { createSilentLog } from '../../../src/base/log.ts';

const FIXTURE = { command: process.execPath, args: [resolve('test/support/mcp-fixture-stdio.ts')] };
const HTTP = { name: 'look', description: 'Looks.', url: '${BASE}/x', input: { type: 'object' } };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-open-'));
  const source =
    "export const tool = { name: 'mine', description: 'x', inputSchema: {type: 'object'}, execute: () => 1 };";
  await writeFile(join(folder, 'mine.mjs'), source);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const agent = (tools: unknown[]) =>
  agentDefinition.parse({
    name: 'a',
    instructions: 'x',
    model: { provider: 'scripted', model: 'x.yaml' },
    tools,
    base_dir: folder,
  });
const options = { env: { ...process.env, BASE: 'http://127.0.0.1:9' }, log: createSilentLog() };

describe('startTools', () => {
  const hanging = {
    command: process.execPath,
    args: ['-e', "console.error('no licence'); setInterval(() => {}, 1000)"],
  };

  it('says of each entry whether it starts, and why it does not', { timeout: 20_000 }, async () => {
    const tools = [
      { mcp: { ...FIXTURE, tools: ['add'] } },
      { mcp: { command: 'no-such-command' } },
      { module: './mine.mjs' },
    ];
    const signal = new AbortController().signal;
    const started = await startTools(agent(tools), { ...options, limitMs: 15_000, signal });
    expect(started.map(({ names, error }) => [names, error?.code ?? null])).toEqual([
      [['add'], null],
      [[], 'tool_unavailable'],
      [['mine'], null],
    ]);
    expect(started[1]?.error?.message).toContain(
      'agent a@v1, tools[1].mcp: the MCP server "no-such-command" can\'t be',
    );
  });

  it('gives up a server that does not answer, with the last lines of its stderr', async () => {
    const started = await startTools(agent([{ mcp: hanging }]), { ...options, limitMs: 600 });
    expect(started[0]?.error?.message).toMatch(/tools\[0\]\.mcp: the MCP server .* did not start: .*no licence/s);
  });

  it('ends with its signal', async () => {
    const stop = AbortSignal.abort();
    await expect(
      startTools(agent([{ mcp: hanging }]), { ...options, limitMs: 5000, signal: stop }),
    ).rejects.toMatchObject({
      code: 'aborted',
    });
  });
});

describe('openTools', () => {
  it('opens every kind, in order', async () => {
    const set = await openTools(
      agent([{ http: HTTP }, { mcp: { ...FIXTURE, tools: ['add'] } }, { module: './mine.mjs' }]),
      options,
    );
    expect(set.tools.map((tool) => tool.name)).toEqual(['look', 'add', 'mine']);
    await set.close();
    await set.close();
  });

  it('closes what was opened when one tool fails, and names agent and place', async () => {
    const pidFile = join(folder, 'pid');
    const script = `require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); import(${JSON.stringify(FIXTURE.args[0])})`;
    const opening = openTools(
      agent([{ mcp: { ...FIXTURE, args: ['-e', script] } }, { module: './none.mjs' }]),
      options,
    );
    await expect(opening).rejects.toThrow('agent a@v1, tools[1].module names');
    const { readFile } = await import('node:fs/promises');
    const pid = Number(await readFile(pidFile, 'utf8'));
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => alive(pid)).toBe(false);
  });

  it('gives up when the signal fires', async () => {
    const silent = { command: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'] };
    const controller = new AbortController();
    const opening = openTools(agent([{ mcp: { ...silent, timeout_s: 2 } }]), { ...options, signal: controller.signal });
    controller.abort();
    await expect(opening).rejects.toMatchObject({ code: 'aborted' });
  });

  it('opens nothing for an agent without tools', async () => {
    expect((await openTools(agent([]), options)).tools).toEqual([]);
  });
});

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // ESRCH: there is no such process.
    return false;
  }
}

describe('checkTools', () => {
  it('tells every fault that needs no network, and starts nothing', () => {
    const definition = agent([
      { http: { ...HTTP, url: '${NOT_SET_URL}/x' } },
      { mcp: { ...FIXTURE, command: 'no-such-command', env: { KEY: '${NOT_SET_KEY}' } } },
      { module: './gone.mjs' },
    ]);
    expect(() => checkTools(definition, options)).toThrow(
      /NOT_SET_URL is not set.*tools\[0\].*NOT_SET_KEY is not set.*tools\[1\].*gone\.mjs, which does not exist/,
    );
    expect(() =>
      checkTools(agent([{ http: HTTP }, { mcp: FIXTURE }, { module: './mine.mjs' }]), options),
    ).not.toThrow();
  });
});
