import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModuleTool } from '../../../src/agent/tools/module-tool.ts';
import { toolContext } from '../../support/tool-context.ts';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-module-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(source: string) {
  count += 1;
  const name = `tool-${count}.mjs`;
  await writeFile(join(folder, name), source);
  return openModuleTool(`./${name}`, folder, 'agent a@v1, tools[0].module');
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
    await expect(openModuleTool('./none.mjs', folder, 'agent a@v1, tools[0].module')).rejects.toThrow(
      'which does not exist',
    );
  });

  it('is refused when its path starts nowhere', async () => {
    await expect(openModuleTool('./none.mjs', undefined, 'tools[0].module')).rejects.toThrow('comes from no file');
  });
});
