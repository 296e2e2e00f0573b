import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable, Writable } from 'node:stream';
import { readConfig } from '../../../src/app/config.ts';
import { createApp } from '../../../src/app/create-app.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import type { App } from '../../../src/cli/app.ts';
import { runCli } from '../../../src/cli/run-cli.ts';
import { createMcpServerFactory } from '../../../src/mcp/server.ts';
import type { JsonObject } from '../../../src/protocol/messages.ts';
import { localCaller } from '../../../src/runner/contract/caller.ts';
import type { StoredPlan } from '../../../src/runner/contract/report/stored-plan.ts';
import { talk, writeFolders } from '../../conversations/conversation-app.ts';
import { CLIENTS } from '../../mcp/clients.ts';

/** A start's options, in addition to table and agent: arguments of the tool, and the equivalent command line. */
export interface Asked {
  fields: JsonObject;
  flags: string[];
  /** The table; its name is people.csv. */
  table?: string;
  /** The URI of another table, and the server that it is on. */
  collection?: { uri: string; serverUri: string };
}

/** Starts a batch through one face. */
type StartBy = (asked: Asked, folders: { files: string; home: string }, app: App) => Promise<unknown>;

const FACES: Record<string, StartBy> = {
  CLI: async ({ flags, collection }, { files }, app) => {
    let told = '';
    const stream = () =>
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          told += chunk.toString();
          done();
        },
      });
    const isTTY = { stdin: false, stdout: false, stderr: false };
    const code = await runCli({
      argv: [
        'node',
        'rowmill',
        'run',
        collection?.uri ?? join(files, 'people.csv'),
        '--agent',
        'greeter',
        '--json',
        ...flags,
      ],
      version: '0.0.0',
      app: async () => app,
      faces: { http: unused, mcp: unused, worker: unused },
      io: {
        stdin: Readable.from([]),
        stdout: stream(),
        stderr: stream(),
        isTTY,
        columns: 80,
        cwd: files,
        colour: false,
      },
      signals: () => () => undefined,
    });
    // 4: the sample is done.
    if (code !== 0 && code !== 4) throw new Error(`rowmill run ended with ${code}: ${told}`);
  },
  MCP: async (asked, { files }, app) => {
    const { registry, confirmations, log } = app;
    const connect = CLIENTS['SDK 2, 2026-07-28, one stream'];
    const binding = app.as(localCaller('mcp'));
    const parts = { ...binding, tools: await binding.tools(), confirmations, registry, version: '0.0.0', log };
    const client = await connect?.(createMcpServerFactory(parts));
    const call = { name: 'execute_batch_processor', arguments: toolInput(asked, files) };
    const result = await client?.callTool(call);
    await client?.close();
    if (result?.isError !== false && result?.isError !== undefined) throw new Error(JSON.stringify(result.content));
  },
  chat: async (_asked, _folders, app) => {
    const events = await talk(app, { message: 'start' });
    const ended = events.find((event) => event.type === 'tool-call-end');
    if (ended === undefined || ended.is_error) throw new Error(JSON.stringify(events));
  },
};

/** The faces that start batches. */
export const FACE_NAMES = Object.keys(FACES);

/** Starts a batch through a face, in an app of its own, and reads the plan that was stored. */
export async function storedPlanBy(face: string, asked: Asked): Promise<StoredPlan> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-faces-')));
  const folders = { files: join(root, 'files'), home: join(root, 'home'), env: {} };
  await mkdir(folders.files);
  await writeFolders(folders, conversation(asked, folders.files));
  const config = readConfig(
    {
      ROWMILL_DATA_DIR: join(folders.home, 'data'),
      ROWMILL_AGENTS: join(folders.home, 'agents.yaml'),
      ROWMILL_MONGODB_URI: asked.collection?.serverUri,
    },
    folders.files,
  );
  // Nothing drives a batch that is started in chat: the detached runner would be another process.
  const app = await createApp(config, createSilentLog(), { driver: 'supervisor' });
  try {
    await FACES[face]?.(asked, folders, app);
    await app.close();
    const database = new DatabaseSync(join(folders.home, 'data', 'rowmill.db'), { readOnly: true });
    const { plan } = database.prepare('SELECT plan FROM batches').get() as { plan: string };
    database.close();
    return JSON.parse(plan) as StoredPlan;
  } finally {
    await app.close();
    await rm(root, { recursive: true });
  }
}

function toolInput({ fields, collection }: Asked, files: string): JsonObject {
  return {
    csv_uri: collection?.uri ?? join(files, 'people.csv'),
    target: { type: 'agent', name: 'greeter' },
    ...fields,
  };
}

function conversation(asked: Asked, files: string) {
  const { table = 'name\nAnn\nBob\n' } = asked;
  const field = (name: string) => ({ type: 'object', properties: { [name]: { type: 'string' } }, required: [name] });
  const greeter = {
    name: 'greeter',
    model: { provider: 'scripted', model: 'greeter.script.yaml' },
    instructions: 'Greet.',
    input: field('name'),
    structured_output: { enabled: true, schema: field('greeting') },
  };
  const greet = { tool_calls: [{ name: 'return_structured_data', input: { greeting: 'Hello' } }] };
  const start = { tool_calls: [{ name: 'execute_batch_processor', input: toolInput(asked, files) }] };
  return {
    description: '',
    files: { 'people.csv': table },
    env: {},
    messages_server: false,
    orchestrator: [{ when: { user: 'start', step: 0 }, reply: start }, { reply: { text: 'It is started.' } }],
    agents: [greeter],
    scripts: { 'greeter.script.yaml': { rules: [{ reply: greet }] } },
    steps: [],
    tables: {},
  };
}

function unused(): never {
  throw new Error('No face is served here.');
}
