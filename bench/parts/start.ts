import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median, type Part, verdict } from '../part.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
};

/** How soon a built `rowmill mcp` answers `initialize`, from the start of its process. */
export const start: Part = async ({ isQuick, folder, progress }) => {
  progress('start: build');
  const installed = build(join(folder, 'installed'));
  const times = { node: [] as number[], mcp: [] as number[] };
  for (let time = 0; time < (isQuick ? 3 : 15); time += 1) {
    times.node.push(await untilLine(['-e', 'console.log()'], '', folder));
    times.mcp.push(
      await untilLine([join(installed, 'bin', 'rowmill.js'), 'mcp'], `${JSON.stringify(INITIALIZE)}\n`, folder),
    );
  }
  const name = { node: 'an empty Node program', mcp: '`rowmill mcp`, answer to `initialize`' };
  return {
    title: 'Start of MCP over stdio',
    about: `From the start of the process to the first line on its standard output; ${times.mcp.length} times in turn, after a first start that fills Node’s compile cache.`,
    header: ['process', 'median', 'quickest', 'slowest'],
    rows: (['node', 'mcp'] as const).map((kind) => {
      const of = times[kind].slice(1);
      return [name[kind], ...[median(of), Math.min(...of), Math.max(...of)].map((ms) => `${ms.toFixed(0)} ms`)];
    }),
    verdicts: [verdict('`initialize` is answered after', median(times.mcp.slice(1)), { most: 600, unit: ' ms' })],
  };
};

/** The program as it is installed: built, with the packages of this checkout. */
function build(target: string): string {
  mkdirSync(join(target, 'bin'), { recursive: true });
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  const args = ['-p', 'tsconfig.build.json', '--outDir', join(target, 'dist')];
  const { status } = spawnSync(compiler, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error(`the build ended with status ${status}`);
  for (const file of ['bin/rowmill.js', 'package.json', 'agents.yaml'])
    copyFileSync(join(ROOT, file), join(target, file));
  symlinkSync(join(ROOT, 'node_modules'), join(target, 'node_modules'));
  return target;
}

async function untilLine(args: string[], input: string, folder: string): Promise<number> {
  const env = { ...process.env, ROWMILL_DATA_DIR: join(folder, 'data-start') };
  const began = performance.now();
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write(input);
  await once(createInterface(child.stdout), 'line');
  const milliseconds = performance.now() - began;
  child.stdin.end();
  await once(child, 'close');
  return milliseconds;
}
