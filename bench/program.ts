import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
};

/** Builds the program as it is installed, from a checkout and with its packages. Returns the folder. */
export function buildProgram(root: string, target: string): string {
  mkdirSync(join(target, 'bin'), { recursive: true });
  const dist = join(target, 'dist');
  // Earlier checkouts were compiled file by file.
  const [command, args] = existsSync(join(root, 'tsconfig.build.json'))
    ? [join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json', '--outDir', dist]]
    : [process.execPath, [join(root, 'scripts', 'build.mjs'), dist]];
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`the build ended with status ${status}`);
  for (const file of ['bin/rowmill.js', 'package.json', 'agents.yaml'])
    copyFileSync(join(root, file), join(target, file));
  symlinkSync(join(root, 'node_modules'), join(target, 'node_modules'));
  return target;
}

/** Milliseconds from the start of a built program's `rowmill mcp` to its answer to `initialize`. Its data is its own. */
export function untilInitialized(program: string): Promise<number> {
  return untilLine([join(program, 'bin', 'rowmill.js'), 'mcp'], `${JSON.stringify(INITIALIZE)}\n`, program);
}

/** Milliseconds from the start of a Node process to the first line on its standard output. */
export async function untilLine(args: string[], input: string, folder: string): Promise<number> {
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
