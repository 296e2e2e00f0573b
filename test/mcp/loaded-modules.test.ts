import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePlace, type Place, run } from './rowmill-process.ts';

/** The sources: the built program has most packages in its own files. */
const MAIN = new URL('../../src/main.ts', import.meta.url).href;

/** Prints every package of which a module is loaded, when the process ends. */
const WATCH = `
import { registerHooks } from 'node:module';
const seen = new Set();
registerHooks({
  load(url, context, next) {
    const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)\\//.exec(url)?.[1];
    if (name !== undefined) seen.add(name);
    return next(url, context);
  },
});
process.on('exit', () => process.stderr.write(JSON.stringify([...seen])));
`;

let place: Place;
beforeAll(async () => {
  place = await makePlace();
});
afterAll(() => place.close());

it('starts MCP over stdio without what only other faces and models need', async () => {
  const watch = join(place.folder, 'watch.mjs');
  await writeFile(watch, WATCH);
  const entry = join(place.folder, 'entry.mjs');
  await writeFile(
    entry,
    `import { main } from '${MAIN}';\nprocess.exitCode = await main(process.argv, process.env);\n`,
  );
  const { code, stderr } = await run(['--import', watch, entry, 'mcp'], { cwd: place.folder, env: place.env });
  expect(code).toBe(0);
  const loaded: string[] = JSON.parse(stderr);
  expect(loaded).toContain('@modelcontextprotocol/server');
  const slow = /^(hono|@hono\/.*|@aws-sdk\/.*|@smithy\/.*|@anthropic-ai\/.*|@modelcontextprotocol\/(client|sdk))$/;
  expect(loaded.filter((name) => slow.test(name))).toEqual([]);
});
