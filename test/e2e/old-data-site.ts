import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { echoAnswer, hasToolResult, inputOf, twoTurnAnswer } from '../support/echo-agent.ts';
import type { WireAnswer, WireRequest } from '../support/messages-wire.ts';
import { anthropicBatchFormat } from '../support/providers/batch-anthropic.ts';
import { type BatchServer, startBatchServer } from '../support/providers/batch-server.ts';
import { messagesFormat } from '../support/providers/messages-format.ts';
import { createSite, type Site } from './rowmill-process.ts';

const FIXTURE = fileURLToPath(new URL('../fixtures/old-data', import.meta.url));
const LAUNCHER = fileURLToPath(new URL('../../bin/rowmill.js', import.meta.url));
/** The folder in which the fixture was made, as its database names it. */
const MADE_IN = '/tmp/rowmill-fixture';

/** A copy of the fixture with its provider, where the jobs of the fixture end at their second poll, and its tool. */
export interface OldDataSite extends Site {
  server: BatchServer;
  /** The batches of the fixture, by their tables. */
  ids: { apples: string; pears: string; plums: string };
  conversationId: string;
  /** The words with which the tool was called, in order. */
  toolCalls: string[];
  openDatabase(): DatabaseSync;
  /** Runs `rowmill serve` for as long as `use` takes. */
  withServe(use: (url: string) => Promise<void>): Promise<void>;
}

export async function createOldDataSite(): Promise<OldDataSite> {
  const kept = JSON.parse(await readFile(join(FIXTURE, 'provider-jobs.json'), 'utf8')) as KeptJob[];
  const server = await startBatchServer({
    respond,
    polls: 2,
    realtime: messagesFormat,
    createFormat: (jobs) => {
      for (const { id, items } of kept) jobs.add(id, items);
      return anthropicBatchFormat(jobs);
    },
  });
  const tool = await startTool();
  const site = await createSite(await readFile(join(FIXTURE, 'site/agents.yaml'), 'utf8'), {
    ANTHROPIC_BASE_URL: server.url,
    TOOL_URL: tool.url,
    ROWMILL_PRICES: 'prices.yaml',
    ROWMILL_BATCH_POLL_SECONDS: '0.05',
  });
  await cp(join(FIXTURE, 'site'), site.folder, { recursive: true });
  const path = join(site.folder, 'data/rowmill.db');
  await writeFile(path, gunzipSync(await readFile(`${path}.gz`)));
  await rm(`${path}.gz`);
  const db = new DatabaseSync(path);
  moveTo(site.folder, db);
  const idOf = (query: string) => String(db.prepare(query).get()?.['id']);
  const [plums, apples, pears] = [1, 2, 3].map((key) => idOf(`SELECT id FROM batches WHERE key = ${key}`));
  const conversationId = idOf('SELECT id FROM conversations');
  db.close();
  return {
    ...site,
    ids: { apples: String(apples), pears: String(pears), plums: String(plums) },
    conversationId,
    server,
    toolCalls: tool.calls,
    openDatabase: () => new DatabaseSync(path),
    withServe: (use) => withServe(site, use),
    async close() {
      await site.close();
      await server.close();
      tool.close();
    },
  };
}

interface KeptJob {
  id: string;
  items: { id: string; request: WireRequest }[];
}

/** Tokens of a first turn and of a second, as when the fixture was made. */
const USAGE = [
  { input_tokens: 110, output_tokens: 20 },
  { input_tokens: 137, output_tokens: 13 },
];

function respond(request: WireRequest): WireAnswer {
  if (inputOf(request)['word'] === undefined) return { content: [{ type: 'text', text: 'I remember it.' }] };
  const answer = request.tools?.some(({ name }) => name === 'count') ? twoTurnAnswer(request) : echoAnswer(request);
  return { ...answer, usage: USAGE[hasToolResult(request) ? 1 : 0] ?? {} };
}

/** A stored path is absolute: every text in the database that names the old folder gets the new one. */
function moveTo(folder: string, db: DatabaseSync): void {
  const columns = db
    .prepare(
      `SELECT t.name AS "table", c.name AS "column" FROM sqlite_schema t JOIN pragma_table_info(t.name) c
       WHERE t.type = 'table' AND c.type = 'TEXT'`,
    )
    .all() as { table: string; column: string }[];
  for (const { table, column } of columns) {
    db.prepare(`UPDATE ${table} SET ${column} = replace(${column}, ?, ?)`).run(MADE_IN, folder);
  }
}

async function startTool(): Promise<{ url: string; calls: string[]; close: () => void }> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    const word = new URL(request.url ?? '', 'http://localhost').searchParams.get('word') ?? '';
    calls.push(word);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ seen: word }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function withServe({ folder, env }: Site, use: (url: string) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [LAUNCHER, 'serve', '--port', '0'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  try {
    for await (const chunk of child.stdout) {
      said += String(chunk);
      const [url] = /http:\/\/127\.0\.0\.1:\d+(?=\s)/.exec(said) ?? [];
      if (url !== undefined) {
        await use(url);
        return;
      }
    }
    throw new Error(`rowmill serve ended before it listened: ${said}`);
  } finally {
    child.kill('SIGKILL');
    await closed;
  }
}
