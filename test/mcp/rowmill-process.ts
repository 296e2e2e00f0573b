import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADDRESSES, AGENTS, SPEED } from '../tools/rig.ts';

export const ROWMILL = fileURLToPath(new URL('../../bin/rowmill.js', import.meta.url));

/** A folder with agents and tables, and the environment in which `rowmill` works on it. */
export interface Place {
  folder: string;
  env: Record<string, string>;
  close(): Promise<void>;
}

/** `latencyMs` is how long each model answer takes. */
export async function makePlace({ latencyMs = 0 }: { latencyMs?: number } = {}): Promise<Place> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-mcp-')));
  await writeFile(join(folder, 'agents.yaml'), AGENTS);
  await writeFile(join(folder, 'speed.yaml'), `latency_ms: ${latencyMs}\n${SPEED}`);
  await writeFile(join(folder, 'addresses.csv'), ADDRESSES);
  const inherited = Object.entries(process.env).filter(([name]) => !/^(ROWMILL|ANTHROPIC|AWS)_/.test(name));
  return {
    folder,
    env: {
      ...Object.fromEntries(inherited.map(([name, value]) => [name, value ?? ''])),
      ROWMILL_DATA_DIR: join(folder, 'data'),
      ROWMILL_FILES: folder,
    },
    // A detached runner may still be winding up in there.
    close: () => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }),
  };
}

/** `rowmill serve` on a free port. */
export async function serve(place: Place): Promise<{ mcp: string; close(): Promise<void> }> {
  const server = spawn(process.execPath, [ROWMILL, 'serve', '--port', '0', '--json'], {
    cwd: place.folder,
    env: place.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { mcp } = JSON.parse(await firstDocument(server));
  return {
    mcp,
    close: async () => {
      if (server.exitCode !== null) return;
      server.kill('SIGTERM');
      await once(server, 'exit');
    },
  };
}

async function firstDocument(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += chunk;
    if (text.trimEnd().endsWith('}')) return text;
  }
  throw new Error('rowmill ended before it printed a document.');
}

/** Runs a program to its end. */
export async function run(
  command: string[],
  { cwd, env }: { cwd: string; env: Record<string, string> },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, command, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}
