import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mcpToolsDefinition } from '../../../src/agent/definition.ts';
import type { Tool, ToolSet } from '../../../src/agent/tool.ts';
import { openMcpTools } from '../../../src/agent/tools/mcp-tools.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import type { ToolResult } from '../../../src/protocol/run.ts';
import { createFixtureServer } from '../../support/mcp-fixture.ts';
import { toolContext } from '../../support/tool-context.ts';

const SERVER = resolve('test/support/mcp-fixture-stdio.ts');
let folder: string;
let opened: ToolSet[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-mcp-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(opened.map((set) => set.close()));
  opened = [];
});

const definition = (fields: Record<string, unknown> = {}) =>
  mcpToolsDefinition.parse({ command: process.execPath, args: [SERVER], ...fields });

async function open(fields: Record<string, unknown> = {}, env: Record<string, string | undefined> = process.env) {
  const options = {
    env,
    place: 'agent a@v1, tools[0].mcp',
    baseDir: folder,
    log: createSilentLog(),
    fetch: globalThis.fetch,
  };
  const set = await openMcpTools(definition(fields), options);
  opened.push(set);
  return set;
}

function named({ tools }: ToolSet, name: string): Tool {
  const found = tools.find((tool) => tool.name === name);
  if (found === undefined) throw new Error(`no tool ${name}`);
  return found;
}

async function text(set: ToolSet, name: string, input = {}): Promise<string> {
  return ((await named(set, name).execute(input, toolContext())) as ToolResult).content;
}

const calls = async (file: string) =>
  (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

describe('tools of an MCP server over stdio', () => {
  it('are offered with their schemas, hints, and names that models take', async () => {
    const set = await open();
    expect(named(set, 'add')).toMatchObject({ title: 'Add', description: 'Adds two numbers.', idempotent: true });
    expect(named(set, 'add').inputSchema).toMatchObject({ type: 'object', required: ['a', 'b'] });
    expect(named(set, 'book').idempotent).toBe(false);
    expect(set.tools.map((tool) => tool.name)).toContain('mixed_content');
  });

  it('pass structured content and the idempotency key', async () => {
    const file = join(folder, 'calls-add');
    const set = await open({ env: { CALLS_FILE: file } });
    expect(await named(set, 'add').execute({ a: 1, b: 2 }, toolContext({ idempotencyKey: 'run-7' }))).toEqual({
      content: '{"sum":3}',
      isError: false,
      structured: { sum: 3 },
    });
    expect(await calls(file)).toEqual(['add run-7']);
  });

  it('describe images and resources as text', async () => {
    expect(await text(await open(), 'mixed_content')).toBe(
      [
        'see here',
        '[image: image/png, 70 bytes; not shown]',
        '[resource: a.png at file:///tmp/a.png, image/png]',
        '[resource: note://1]\na note',
        '[resource: blob://1, image/png, 70 bytes; not shown]',
      ].join('\n'),
    );
  });

  it('give an error of the tool as an error', async () => {
    const result = await named(await open(), 'fail').execute({}, toolContext());
    expect(result).toEqual({ content: 'the address does not exist', isError: true });
  });

  it('do not say the secrets that their server was given, and still name its folders', async () => {
    const env = { ...process.env, OUR_KEY: 'sk-12345', PLACE: '/home/ann/files' };
    expect(await text(await open({ env: { SECRET: '${OUR_KEY}' } }, env), 'secret')).toBe('***');
    const script = 'console.error(process.env.API, process.env.ROOT); process.exit(1)';
    const failing = { args: ['-e', script], env: { API: '${OUR_KEY}', ROOT: '${PLACE}' } };
    const fault = await open(failing, env).catch((thrown: Error) => thrown);
    expect(fault).toMatchObject({ message: expect.stringContaining('*** /home/ann/files') });
  });

  it('see only what is given of the environment', async () => {
    const env = { ...process.env, OUR_API_KEY: 'k', TOKEN: 't0ken' };
    const set = await open({ env: { SECRET: '${TOKEN}' } }, env);
    expect(await text(set, 'secret')).toBe('t0ken');
    const names = JSON.parse(await text(set, 'environment')) as string[];
    expect(names).toContain('PATH');
    expect(names).not.toContain('OUR_API_KEY');
    expect(names).not.toContain('TOKEN');
  });

  it('give no value of the environment back, in results or in faults', async () => {
    const env = { ...process.env, TOKEN: 'sk-1234567890' };
    const set = await open({ env: { SECRET: '${TOKEN}' } }, env);
    expect(await text(set, 'secret')).toBe('***');
    const args = ['-e', 'console.error("refused: " + process.env.SECRET); process.exit(3)'];
    const fault = await open({ args, env: { SECRET: 'Bearer ${TOKEN}' } }, env).catch((thrown: Error) => thrown);
    expect(String(fault)).toContain('refused: Bearer ***');
    expect(String(fault)).not.toContain('sk-1234567890');
  });

  it('can be listed by name', async () => {
    expect((await open({ tools: ['book', 'add'] })).tools.map((tool) => tool.name)).toEqual(['book', 'add']);
  });

  it('can be declared idempotent as a whole', async () => {
    expect(named(await open({ idempotent: true }), 'book').idempotent).toBe(true);
  });

  it('share one server among all rows', async () => {
    const set = await open();
    const pids = await Promise.all(Array.from({ length: 10 }, () => text(set, 'pid')));
    expect(new Set(pids).size).toBe(1);
  });

  it('fail in flight when the server dies, and start it again for the next call', async () => {
    const file = join(folder, 'calls-die');
    const set = await open({ env: { CALLS_FILE: file } });
    const first = await text(set, 'pid');
    const waiting = named(set, 'never').execute({}, toolContext());
    const failing = expect(waiting).rejects.toMatchObject({
      code: 'tool_unavailable',
      message: expect.stringContaining('The MCP server ended or could not be reached during never'),
    });
    await expect.poll(() => calls(file)).toContain('never');
    await expect(named(set, 'die').execute({}, toolContext())).rejects.toThrow('the next call starts it again');
    await failing;
    const after = await Promise.all(Array.from({ length: 5 }, () => text(set, 'pid')));
    expect(new Set(after).size).toBe(1);
    expect(after[0]).not.toBe(first);
    expect(await calls(file)).toEqual(['never', 'die']);
  });

  it('do not notice that the server died between two calls', async () => {
    const set = await open();
    const pid = Number(await text(set, 'pid'));
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(Number(await text(set, 'pid'))).not.toBe(pid);
  });

  it('are given up after their time', async () => {
    const set = await open({ timeout_s: 3 });
    await expect(named(set, 'never').execute({}, toolContext())).rejects.toThrow('did not answer never within 3 s');
    expect(await text(set, 'pid')).toMatch(/^\d+$/);
  });

  it('stop when the run is cancelled, and the server lives on', async () => {
    const file = join(folder, 'calls-cancel');
    const set = await open({ env: { CALLS_FILE: file } });
    const pid = await text(set, 'pid');
    const controller = new AbortController();
    const running = named(set, 'never').execute({}, toolContext({ signal: controller.signal }));
    const failing = expect(running).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(() => calls(file)).toContain('never');
    controller.abort();
    await failing;
    expect(await text(set, 'pid')).toBe(pid);
  });

  it('end with the set, which can be closed twice', async () => {
    const set = await open();
    const pid = Number(await text(set, 'pid'));
    await set.close();
    await set.close();
    await expect.poll(() => isAlive(pid)).toBe(false);
    await expect(named(set, 'pid').execute({}, toolContext())).rejects.toThrow('have been closed');
  });

  it.each([
    [
      'a command that is not there',
      { command: 'no-such-command', args: [] },
      'tool_unavailable',
      'there is no command "no-such-command"',
    ],
    [
      'a command that ends at once',
      { args: ['-e', 'console.error("no licence"); process.exit(3)'] },
      'tool_unavailable',
      'Last lines of its stderr: no licence',
    ],
    [
      'a tool that it has not',
      { tools: ['ad'] },
      'agents_invalid',
      'tools[0] is "ad", which the server doesn\'t offer; did you mean "add"?',
    ],
    [
      'a variable that is not set',
      { env: { SECRET: '${NOT_SET}' } },
      'config_invalid',
      'NOT_SET is not set, but agent a@v1, tools[0].mcp.env.SECRET refers to it',
    ],
  ])('refuse %s', async (_name, fields, code, message) => {
    await expect(open(fields)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

describe('tools of an MCP server over HTTP', () => {
  it('work, with headers from the environment', async () => {
    const seen: (string | undefined)[] = [];
    const handler = toNodeHandler(createMcpHandler(() => createFixtureServer(() => undefined)));
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      handler(request as Parameters<typeof handler>[0], response).catch((error: Error) => response.destroy(error));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    try {
      const fields = {
        command: undefined,
        args: [],
        url: '${HOST}/mcp',
        headers: { authorization: 'Bearer ${TOKEN}' },
      };
      const set = await open(fields, { HOST: `http://127.0.0.1:${port}`, TOKEN: 't' });
      expect(await named(set, 'add').execute({ a: 2, b: 2 }, toolContext())).toMatchObject({ structured: { sum: 4 } });
      expect(new Set(seen)).toEqual(new Set(['Bearer t']));
      await set.close();
    } finally {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  });

  it('name the place when nothing answers', async () => {
    const fields = { command: undefined, args: [], url: 'http://127.0.0.1:9/mcp' };
    await expect(open(fields)).rejects.toMatchObject({
      code: 'tool_unavailable',
      message: expect.stringContaining(
        "agent a@v1, tools[0].mcp: the MCP server at http://127.0.0.1:9/mcp can't be reached",
      ),
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // ESRCH: there is no such process.
    return false;
  }
}
