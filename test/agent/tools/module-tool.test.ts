import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Tool, ToolSet } from '../../../src/agent/tool.ts';
import { type ModuleToolOptions, openModuleTool } from '../../../src/agent/tools/module-tool.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import { toolContext } from '../../support/tool-context.ts';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-module-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const opened: ToolSet[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((set) => set.close()));
});

const OPTIONS = { place: 'agent a@v1, tools[0].module', env: {}, log: createSilentLog(), graceMs: 100 };

async function open(source: string, options: Partial<ModuleToolOptions> = {}): Promise<Tool> {
  count += 1;
  const name = `tool-${count}.mjs`;
  await writeFile(join(folder, name), source);
  const set = await openModuleTool(`./${name}`, { baseDir: folder, ...OPTIONS, ...options });
  opened.push(set);
  const [tool] = set.tools;
  if (tool === undefined) throw new Error('no tool');
  return tool;
}

const tool = (fields: string) =>
  `export const tool = { name: 'look', description: 'Looks.', inputSchema: {type: 'object'}, ${fields} };`;
const ZOD = JSON.stringify(pathToFileURL(join(process.cwd(), 'node_modules/zod/index.js')).href);

describe('a module tool', () => {
  it('is called with the input and its context', async () => {
    const look = await open(
      tool(
        'execute: async (input, { idempotencyKey, signal, log }) => ({ input, idempotencyKey, aborted: signal.aborted, log: typeof log.info })',
      ),
    );
    expect(look).toMatchObject({
      name: 'look',
      description: 'Looks.',
      idempotent: false,
      inputSchema: { type: 'object' },
    });
    expect(await look.execute({ a: 1 }, toolContext())).toEqual({
      input: { a: 1 },
      idempotencyKey: 'key-1',
      aborted: false,
      log: 'function',
    });
  });

  it('says whether it is idempotent', async () => {
    expect((await open(tool('idempotent: true, execute: () => 1'))).idempotent).toBe(true);
  });

  it('may describe its input by zod, whose defaults and transforms it gets', async () => {
    const look = await open(`
      import * as z from ${ZOD};
      export const tool = {
        name: 'look', description: 'Looks.',
        inputSchema: z.object({ town: z.string().transform((town) => town.toUpperCase()), limit: z.int().default(3) }),
        execute: (input) => input,
      };`);
    expect(look.inputSchema).toMatchObject({ type: 'object', required: ['town'] });
    expect(await look.execute({ town: 'Ely' }, toolContext())).toEqual({ town: 'ELY', limit: 3 });
    await expect(look.execute({ town: 1 }, toolContext())).rejects.toMatchObject({ code: 'input_invalid' });
  });

  it('gives what JSON makes of its result', async () => {
    const result = await (await open(tool('execute: () => ({ at: new Date(0), none: undefined })'))).execute(
      {},
      toolContext(),
    );
    expect(result).toEqual({ at: '1970-01-01T00:00:00.000Z' });
    expect(await (await open(tool('execute: () => undefined'))).execute({}, toolContext())).toBeNull();
    const circular = await open(tool('execute: () => { const a = {}; a.a = a; return a; }'));
    await expect(circular.execute({}, toolContext())).rejects.toThrow('a value that is not JSON');
  });

  it('throws what its file throws', async () => {
    const failing = await open(tool('execute: () => { throw new Error("no network"); }'));
    await expect(failing.execute({}, toolContext())).rejects.toThrow('no network');
  });

  it.each([
    ['exports nothing', 'export const x = 1;', 'exports no "tool". Write: export const tool'],
    ['does not parse', 'export const tool = {', "can't be loaded"],
    ['throws when it is loaded', 'throw new Error("boom");', "can't be loaded: boom"],
    ['lacks execute', tool(''), 'is not a tool: tool.execute: must be a function'],
    ['has a bad name', tool('execute: () => 1').replace("'look'", "'look up'"), 'tool.name: must have 1 to 64 letters'],
    [
      'has no schema',
      tool('execute: () => 1').replace("inputSchema: {type: 'object'}, ", ''),
      'tool.inputSchema: must be a JSON Schema or zod schema',
    ],
    [
      'has a schema of another library',
      tool('execute: () => 1').replace("{type: 'object'}", '{_def: {}}'),
      'another library than zod 4',
    ],
  ])('is refused when its file %s', async (_name, source, message) => {
    await expect(open(source)).rejects.toMatchObject({
      code: 'agents_invalid',
      message: expect.stringMatching(/^agent a@v1, tools\[0\]\.module: .*tool-\d+\.mjs/),
    });
    await expect(open(source)).rejects.toThrow(message);
  });

  it('is refused when there is no file', async () => {
    await expect(openModuleTool('./none.mjs', { baseDir: folder, ...OPTIONS })).rejects.toThrow('which does not exist');
  });

  it('is refused when its path starts nowhere', async () => {
    await expect(openModuleTool('./none.mjs', { baseDir: undefined, ...OPTIONS })).rejects.toThrow(
      'comes from no file',
    );
  });
});

describe('the thread of a module tool', () => {
  const hostile = tool(`execute: async ({ what }) => {
    globalThis.calls = (globalThis.calls ?? 0) + 1;
    if (what === 'exit') process.exit(3);
    if (what === 'reject') { void Promise.reject(new Error('astray')); await new Promise(() => {}); }
    if (what === 'throw later') { setImmediate(() => { throw new Error('late'); }); await new Promise(() => {}); }
    if (what === 'memory') { const all = []; for (;;) all.push(new Array(10_000).fill({})); }
    if (what === 'loop') for (;;);
    if (what === 'print') { console.log('noise'); process.stdout.write('noise'); console.error('noise'); }
    return globalThis.calls;
  }`);

  it.each([
    ['exit', 'it called process.exit(3)'],
    ['reject', 'nothing caught its error "astray"'],
    ['throw later', 'nothing caught its error "late"'],
    ['memory', 'it used more than 50 MB of memory'],
  ])('ends by "%s" alone: the call fails with words, the next one works', async (what, reason) => {
    const look = await open(hostile, { memoryMb: 50 });
    await expect(look.execute({ what }, toolContext())).rejects.toMatchObject({
      code: 'tool_unavailable',
      outcomeUnknown: true,
      message: expect.stringContaining(`stopped: ${reason}. The next call starts it again.`),
    });
    expect(await look.execute({}, toolContext())).toBe(1);
  });

  it('is ended when a call blocks it past its deadline, and the server answers meanwhile', async () => {
    const look = await open(hostile);
    const controller = new AbortController();
    const blocked = look.execute({ what: 'loop' }, toolContext({ signal: controller.signal }));
    controller.abort();
    await expect(blocked).rejects.toThrow('a call blocked its thread past its deadline');
    expect(await look.execute({}, toolContext())).toBe(1);
  });

  it('passes the signal on, and ends a call that ignores it once no other call needs the thread', async () => {
    const look = await open(
      tool(`execute: ({ obeys }, { signal }) => new Promise((done, fail) => {
        if (obeys) signal.addEventListener('abort', () => fail(new Error('stopped')));
      })`),
    );
    const both = [true, false].map(async (obeys) => {
      const controller = new AbortController();
      const call = look.execute({ obeys }, toolContext({ signal: controller.signal }));
      controller.abort();
      return call.catch((thrown: Error) => thrown.message);
    });
    expect(await Promise.all(both)).toEqual(['stopped', expect.stringContaining('did not stop at its deadline')]);
  });

  it('serves all calls of an agent, with state between them', async () => {
    const look = await open(hostile);
    const counts = await Promise.all([1, 2, 3].map(() => look.execute({}, toolContext())));
    expect(counts).toEqual([1, 2, 3]);
  });

  it('writes nothing to the stdout of the process', async () => {
    const lines: unknown[] = [];
    const log = Object.assign(createSilentLog(), { debug: (fields: unknown) => void lines.push(fields) });
    const look = await open(hostile, { log });
    await look.execute({ what: 'print' }, toolContext());
    await expect.poll(() => JSON.stringify(lines).split('noise').length).toBe(4);
  });

  it("has a copy of the environment without Rowmill's own variables", async () => {
    const env = { CATALOG_TOKEN: 'a', ROWMILL_API_KEYS: 'b', EMPTY: undefined };
    const look = await open(tool('execute: () => { process.env.MORE = "1"; return process.env; }'), { env });
    expect(await look.execute({}, toolContext())).toEqual({ CATALOG_TOKEN: 'a', MORE: '1' });
    expect(process.env['MORE']).toBeUndefined();
  });

  it('forwards log lines and progress', async () => {
    const lines: unknown[] = [];
    const log = Object.assign(createSilentLog(), { info: (...line: unknown[]) => void lines.push(line) });
    const progress: unknown[] = [];
    const look = await open(
      tool(
        'execute: (_input, { log, onProgress }) => { log.info({ a: 1 }, "hello"); onProgress({ done: 2 }); return 1; }',
      ),
      { log },
    );
    await look.execute({}, toolContext({ onProgress: (step) => void progress.push(step) }));
    expect([lines, progress]).toEqual([[[{ a: 1 }, 'hello']], [{ done: 2 }]]);
  });
});
