import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '..', '..');
export const LAUNCHER = join(ROOT, 'bin', 'rowmill.js');

interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A command that goes on: what it has written so far, and its end. */
interface Going {
  child: ChildProcess;
  stdout(): string;
  stderr(): string;
  finished: Promise<Finished>;
  /** Resolves when what it wrote (either stream) fits. */
  until(pattern: RegExp): Promise<void>;
}

/** A folder with a table, agents and a data directory, and the command line in it. */
export interface Workspace {
  folder: string;
  path(name: string): string;
  write(name: string, text: string): Promise<string>;
  start(args: string[], options?: { env?: Record<string, string>; input?: string; node?: string }): Going;
  run(args: string[], options?: { env?: Record<string, string>; input?: string; node?: string }): Promise<Finished>;
  /** Ends what still runs, and removes the folder. */
  close(): Promise<void>;
}

/** An agent that repeats the row's name; `LATENCY` milliseconds an answer. A name "bad" gets no valid answer. */
function agents(latencyMs: number): { agents: string; script: string } {
  return {
    agents: `agents:
  - name: greeter
    version: v1
    description: Greets.
    model: { provider: scripted, model: ./greeter.script.yaml }
    instructions: Greet.
    input: { type: object, properties: { name: { type: string }, town: { type: string } }, required: [name] }
    structured_output:
      enabled: true
      schema: { type: object, properties: { greeting: { type: string } }, required: [greeting], additionalProperties: false }
    limits: { max_turns: 1 }
  - name: keyless
    version: v1
    model: claude-haiku-5-5
    instructions: Greet.
    input: { type: object, properties: { name: { type: string } }, required: [name] }
    structured_output:
      enabled: true
      schema: { type: object, properties: { greeting: { type: string } }, required: [greeting], additionalProperties: false }
  - name: orchestrator
    version: v1.0
    model: { provider: scripted, model: ./orchestrator.script.yaml }
    instructions: Talk.
`,
    script: `latency_ms: ${latencyMs}
rules:
  - when: input.name = "bad"
    reply: { text: I will not. }
  - reply:
      tool_calls: [{ name: return_structured_data, input: { greeting: "{% 'Hello ' & input.name %}" } }]
`,
  };
}

const ORCHESTRATOR = `rules:
  - when: { user: Kind of }
    reply: { tool_calls: [{ name: return_structured_data, input: { fields: [{ name: kind, type: string, values: [a, b], description: Its kind. }] } }] }
  - when: { user: analyse, step: 0 }
    reply: { tool_calls: [{ name: analyze_csv_structure, input: { csv_uri: people.csv } }] }
  - when: { last_tool: analyze_csv_structure }
    reply: { text: "There are {% results.analyze_csv_structure.row_count %} rows." }
  - reply: { text: "You said {% user %}; that was message {% turn + 1 %}." }
`;

/** @param names one row each; the default has a quote, a comma and a sign beyond ASCII */
export async function createWorkspace(options: { names?: string[]; latencyMs?: number } = {}): Promise<Workspace> {
  const folder = await mkdtemp(join(tmpdir(), 'rowmill-cli-'));
  const { agents: yaml, script } = agents(options.latencyMs ?? 0);
  const names = options.names ?? ['Ann', 'O"Hara, Jo', 'Zoë'];
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  await write('agents.yaml', yaml);
  await write('greeter.script.yaml', script);
  await write('orchestrator.script.yaml', ORCHESTRATOR);
  await write('people.csv', `name,town\n${names.map((name) => `"${name.replaceAll('"', '""')}",Wexcombe\n`).join('')}`);
  const going = new Set<Going>();
  const start: Workspace['start'] = (args, { env = {}, input, node = process.execPath } = {}) => {
    const child = spawn(node, [LAUNCHER, ...args], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, ROWMILL_DATA_DIR: join(folder, 'data'), ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const one = follow(child);
    going.add(one);
    child.stdin?.end(input ?? '');
    return one;
  };
  return {
    folder,
    path: (name) => join(folder, name),
    write,
    start,
    run: (args, given) => start(args, given).finished,
    close: async () => {
      for (const { child } of going) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await Promise.all([...going].map((one) => one.finished));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function follow(child: ChildProcess): Going {
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  const look = () => {
    for (const watcher of watchers) watcher();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    look();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    look();
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
      look();
    });
  });
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    finished,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const watcher = () => {
          if (pattern.test(stdout) || pattern.test(stderr)) {
            watchers.delete(watcher);
            resolve();
          } else if (child.exitCode !== null) {
            reject(new Error(`It ended (${child.exitCode}) before it wrote ${pattern}:\n${stdout}\n${stderr}`));
          }
        };
        watchers.add(watcher);
        watcher();
      }),
  };
}
