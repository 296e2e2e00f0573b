// Checks `/openapi.json` with Redocly's linter, and a running `rowmill serve` against it with schemathesis: no fault of
// the server, no answer that the description lacks. Both are installed into a temporary folder; --quick takes a minute.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { echoAnswer } from '../../support/echo-agent.ts';
import { startMessagesServer } from '../../support/messages-server.ts';
import { type Seeds, seed } from './seed.ts';

const REDOCLY = '@redocly/cli@2.77.0';
const SCHEMATHESIS = 'schemathesis==4.32.5';
const CHECKS = [
  ...['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_headers_conformance'],
  ...['response_schema_conformance', 'ignored_auth'],
];
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const KEY = 'rest-conformance-key';
const { values: asked } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
});

const folder = await mkdtemp(join(tmpdir(), 'rowmill-rest-'));
const SUGGESTED = JSON.stringify({ fields: [{ name: 'topic', type: 'string', description: 'In one word.' }] });
const model = await startMessagesServer({
  respond: (request) =>
    JSON.stringify(request).includes('You design the answer')
      ? { content: [{ type: 'text', text: SUGGESTED }] }
      : echoAnswer(request),
});
const server = await startServer();
try {
  const url = await urlOf(server);
  const headers = { authorization: `Bearer ${KEY}` };
  const description = (await (await fetch(`${url}/openapi.json`, { headers })).json()) as Description;
  await writeFile(join(folder, 'openapi.json'), JSON.stringify(description));
  await lint();
  await fuzz(url, description, await seed(url, KEY));
} finally {
  server.kill('SIGTERM');
  if (server.exitCode === null) await once(server, 'exit');
  await model.close();
  await rm(folder, { recursive: true, force: true });
}

interface Description {
  paths: Record<string, Record<string, unknown>>;
}

async function startServer(): Promise<ChildProcess> {
  const data = join(folder, 'data');
  await mkdir(data);
  const { PATH = '' } = process.env;
  return spawn(process.execPath, [join(ROOT, 'bin', 'rowmill.js'), 'serve', '--port', '0'], {
    cwd: data,
    env: {
      ...{ PATH, HOME: data, ROWMILL_DATA_DIR: data, ROWMILL_API_KEYS: KEY, ROWMILL_ALERTS: 'database-size=0.000001' },
      ...{ ANTHROPIC_API_KEY: 'none', ANTHROPIC_BASE_URL: model.url, ROWMILL_FILES: data },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function urlOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('The server has no output.');
  for await (const line of createInterface(stdout)) {
    const [url] = /http:\/\/[\d.]+:\d+/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('rowmill serve ended before it listened.');
}

async function lint(): Promise<void> {
  const place = join(folder, 'redocly');
  await run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', place, REDOCLY]);
  const tool = join(place, 'node_modules', '.bin', 'redocly');
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  await run(tool, ['lint', '--max-problems', '20', join(folder, 'openapi.json')], env);
}

async function fuzz(url: string, description: Description, seeds: Seeds): Promise<void> {
  const place = join(folder, 'schemathesis');
  await run('python3', ['-m', 'venv', place]);
  await run(join(place, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', SCHEMATHESIS]);
  const config = join(folder, 'schemathesis.toml');
  await writeFile(config, configOf(description, seeds));
  const env = {
    ...process.env,
    ...{ TABLE: seeds.table, AGENT: seeds.agent, PYTHONPATH: import.meta.dirname },
    ...{ SCHEMATHESIS_HOOKS: 'bodies', PYTHONDONTWRITEBYTECODE: '1' },
  };
  await run(
    join(place, 'bin', 'schemathesis'),
    [
      ...['--config-file', config, 'run', join(folder, 'openapi.json'), '--url', url],
      ...['--header', `Authorization: Bearer ${KEY}`, '--checks', CHECKS.join(','), '--no-color', '--warnings', 'off'],
      ...['--phases', 'coverage,fuzzing', '--continue-on-failure', '--request-timeout', '20', '--seed', asked.seed],
      ...['--suppress-health-check', 'all', '--max-examples', asked.quick ? '3' : '60'],
    ],
    env,
  );
}

/** Where a path names a resource, its id is one that exists; what deletes gets made-up ones. */
function configOf({ paths }: Description, seeds: Seeds): string {
  const operations = Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => {
        const parameters = method === 'delete' ? undefined : seeds.parameters(path);
        if (parameters === undefined) return '';
        const given = Object.entries(parameters).map(([name, id]) => `"path.${name}" = ${JSON.stringify(id)}`);
        const name = JSON.stringify(`${method.toUpperCase()} ${path}`);
        return `[[operations]]\ninclude-name = ${name}\nparameters = { ${given.join(', ')} }\n`;
      }),
    )
    .join('\n');
  return `[phases.coverage]\nunexpected-methods = []\n\n${operations}`;
}

/** Runs a program; its output is ours. */
async function run(command: string, args: string[], env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const child = spawn(command, args, { cwd: folder, env, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ended with ${code}.`);
}
