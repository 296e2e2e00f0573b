// Runs the MCP conformance suite for both revisions against `rowmill serve`. Exit status 0 only if both pass, where
// passing means: nothing fails but what the revision's ledger names, and everything that a ledger names fails.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REVISIONS = ['2025-11-25', '2026-07-28'];
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);
const SUITE = join(dirname(require.resolve('@modelcontextprotocol/conformance/package.json')), 'dist', 'index.js');

const folder = await mkdtemp(join(tmpdir(), 'rowmill-conformance-'));
const server = startServer(folder);
try {
  const url = await mcpUrlOf(server);
  const failed: string[] = [];
  for (const revision of REVISIONS) {
    if (!(await passes(revision, url))) failed.push(revision);
  }
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  server.kill('SIGTERM');
  if (server.exitCode === null) await once(server, 'exit');
  await rm(folder, { recursive: true, force: true });
}

function startServer(dataDir: string): ChildProcess {
  const { ROWMILL_API_KEYS: _, ROWMILL_AGENTS: __, ...env } = process.env;
  const rowmill = join(ROOT, 'bin', 'rowmill.js');
  return spawn(process.execPath, [rowmill, 'serve', '--port', '0', '--json'], {
    cwd: dataDir,
    env: { ...env, ROWMILL_DATA_DIR: join(dataDir, 'data'), ROWMILL_FILES: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The server prints one JSON document once it listens. */
async function mcpUrlOf(server: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of server.stdout ?? []) {
    text += chunk;
    if (text.trimEnd().endsWith('}')) return JSON.parse(text).mcp;
  }
  throw new Error('rowmill serve ended before it listened.');
}

async function passes(revision: string, url: string): Promise<boolean> {
  const ledger = fileURLToPath(new URL(`expected-failures-${revision}.yaml`, import.meta.url));
  await checkReasons(ledger);
  const args = ['server', '--url', url, '--requirements', revision, '--expected-failures', ledger];
  const suite = spawn(process.execPath, [SUITE, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  suite.stdout.on('data', (chunk) => output.push(chunk));
  suite.stderr.on('data', (chunk) => output.push(chunk));
  const [code] = await once(suite, 'exit');
  const text = Buffer.concat(output).toString();
  const summary = text.indexOf('=== SUMMARY ===');
  process.stdout.write(`\nMCP ${revision}: ${code === 0 ? 'passed' : 'FAILED'}\n`);
  process.stdout.write(code === 0 && summary !== -1 ? text.slice(summary) : text);
  return code === 0;
}

/** Every entry of a ledger stands below its reason. */
async function checkReasons(ledger: string): Promise<void> {
  const lines = (await readFile(ledger, 'utf8')).split('\n');
  const bare = lines.filter((line, index) => line.startsWith('  - ') && !lines[index - 1]?.startsWith('  # '));
  if (bare.length > 0) throw new Error(`${ledger} gives no reason for: ${bare.join(', ')}`);
}
