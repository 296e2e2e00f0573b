import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { agentName, agentsPath } from './workload.ts';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
};

/**
 * Builds the program as it is installed, from a checkout and with its packages. Returns the folder.
 * @param main another entry in the place of `src/main.ts`, which exports `main(argv)` as it does
 */
export function buildProgram(root: string, target: string, main?: string): string {
  mkdirSync(target, { recursive: true });
  cpSync(join(root, 'bin'), join(target, 'bin'), { recursive: true });
  const dist = join(target, 'dist');
  // Earlier checkouts were compiled file by file.
  const [command, args] = existsSync(join(root, 'tsconfig.build.json'))
    ? [join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json', '--outDir', dist]]
    : [process.execPath, [join(root, 'scripts', 'build.mjs'), dist, ...(main === undefined ? [] : [main])]];
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error(`the build ended with status ${status}`);
  for (const file of ['package.json', 'agents.yaml']) copyFileSync(join(root, file), join(target, file));
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

/**
 * Milliseconds from the start of a built program's `rowmill run` over a small table to its first call of the model. Its
 * data is new each time.
 */
export async function untilFirstCall(
  program: string,
  { server, table }: { server: string; table: string },
): Promise<number> {
  const model = new URL(server);
  const data = mkdtempSync(join(program, 'data-first-'));
  const called = Promise.withResolvers<number>();
  // Passes every byte on, and notes when the first call arrives: a count of tokens for the estimate is none.
  const door = createServer((client) => {
    client.on('data', (sent: Buffer) => {
      if (sent.includes('/v1/messages HTTP')) called.resolve(performance.now());
    });
    const onward = connect(Number(model.port), model.hostname);
    client.on('error', () => onward.destroy()).pipe(onward);
    onward.on('error', () => client.destroy()).pipe(client);
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const env = {
    ...process.env,
    ROWMILL_DATA_DIR: data,
    ROWMILL_AGENTS: agentsPath(),
    ROWMILL_FILES: dirname(table),
    ANTHROPIC_API_KEY: 'none',
    ANTHROPIC_BASE_URL: `http://127.0.0.1:${(door.address() as AddressInfo).port}/0/1`,
  };
  const args = ['run', table, '--agent', agentName(1), '--out', join(data, 'out.csv'), '--mode', 'realtime', '--yes'];
  const began = performance.now();
  const child = spawn(process.execPath, [join(program, 'bin', 'rowmill.js'), ...args], { env, stdio: 'ignore' });
  const [status] = await once(child, 'close');
  door.close();
  rmSync(data, { recursive: true, force: true });
  if (status !== 0) throw new Error(`rowmill run ended with status ${status}`);
  return (await called.promise) - began;
}

/** Processor time of a built program's `--help`, all threads, in milliseconds. */
export function helpCpu(program: string): number {
  const count =
    'import { writeSync } from "node:fs"; process.on("exit", () => { const { user, system } = process.cpuUsage(); writeSync(2, String((user + system) / 1000)); });';
  const args = [
    '--import',
    `data:text/javascript,${encodeURIComponent(count)}`,
    join(program, 'bin', 'rowmill.js'),
    '--help',
  ];
  return Number(spawnSync(process.execPath, args, { encoding: 'utf8' }).stderr);
}
