import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LAUNCHER = fileURLToPath(new URL('../../bin/rowmill.js', import.meta.url));

/** One `rowmill` process. */
export interface RowmillProcess {
  child: ChildProcess;
  pid: number;
  stderr(): string;
  /** Resolves when it has gone, with the document that it printed; `json` is undefined when it printed none. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; json: Report | undefined }>;
}

/** The fields of a `--json` document that these tests read. */
export interface Report {
  batch_id: string;
  status: string;
  pause_reason: string | null;
  output_uri: string;
  counts: { total: number; queued: number; running: number; succeeded: number; failed: number };
  model_calls: number;
  tool_calls: number;
  cost_usd: number;
  cost_usd_at_most: number;
  batches?: Report[];
  [key: string]: unknown;
}

/** A folder with a data directory, an agents file and the environment of processes that work there. */
export interface Site {
  folder: string;
  env: Record<string, string>;
  rowmill(...args: string[]): RowmillProcess;
  /** The same with further variables. */
  rowmillWith(variables: Record<string, string>, ...args: string[]): RowmillProcess;
  write(name: string, content: string): Promise<void>;
  read(name: string): Promise<string>;
  /** Runs one command to its end and gives back its document. */
  json(...args: string[]): Promise<Report>;
  /** Ends every process that is left and removes the folder. */
  close(): Promise<void>;
}

export async function createSite(agentsYaml: string, variables: Record<string, string>): Promise<Site> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-e2e-')));
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'agents.yaml'), agentsYaml);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    ROWMILL_DATA_DIR: join(folder, 'data'),
    ROWMILL_LOG_LEVEL: 'error',
    ANTHROPIC_API_KEY: 'test-key',
    ...variables,
  };
  const started: RowmillProcess[] = [];
  const rowmillWith = (more: Record<string, string>, ...args: string[]) => {
    const one = startRowmill(args, { cwd: folder, env: { ...env, ...more } });
    started.push(one);
    return one;
  };
  const rowmill = (...args: string[]) => rowmillWith({}, ...args);
  return {
    folder,
    env,
    rowmill,
    rowmillWith,
    write: (name, content) => writeFile(join(folder, name), content),
    read: (name) => readFile(join(folder, name), 'utf8'),
    async json(...args) {
      const one = rowmill(...args, '--json');
      const { json } = await one.ended;
      if (json === undefined) throw new Error(`${args.join(' ')} printed no document: ${one.stderr()}`);
      return json;
    },
    async close() {
      for (const { child } of started) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await Promise.all(started.map((one) => one.ended));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Starts one process. @param within a command that starts another in its own place, such as `ip netns exec NAME` */
export function startRowmill(
  args: string[],
  { cwd, env, within = [] }: { cwd: string; env: Record<string, string>; within?: string[] },
): RowmillProcess {
  const [command = process.execPath, ...rest] = [...within, process.execPath, LAUNCHER, ...args];
  const child = spawn(command, rest, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    json: stdout.startsWith('{') ? (JSON.parse(stdout) as Report) : undefined,
  }));
  return { child, pid: child.pid ?? -1, stderr: () => stderr, ended };
}

/** Waits until a condition holds; gives up as soon as the process that should bring it about has ended. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  { by, timeoutMs = 40_000, everyMs = 10 }: { by?: RowmillProcess; timeoutMs?: number; everyMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    const hasEnded = by !== undefined && (by.child.exitCode !== null || by.child.signalCode !== null);
    const end = hasEnded ? JSON.stringify(await by.ended) : '';
    if (hasEnded || performance.now() > deadline) {
      throw new Error(`It did not come to: ${what}. ${end} ${by?.stderr() ?? ''}`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
