import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { chatEvent } from '../../src/http/schemas.ts';
import { JSON_HEADERS, parseEvents } from './http-parts.ts';

const LAUNCHER = resolve(import.meta.dirname, '../../bin/rowmill.js');
const KEY = { authorization: 'Bearer test-key' };

let folder: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-serve-')));
  const orchestrator = {
    name: 'orchestrator',
    version: 'v99',
    model: { provider: 'scripted', model: 'script.yaml' },
    instructions: 'Help.',
  };
  const rules = [
    {
      when: { user: 'look', step: 0 },
      reply: { tool_calls: [{ name: 'analyze_csv_structure', input: { csv_uri: join(folder, 'a.csv') } }] },
    },
    { reply: { text: 'That was number {% turn %}.' } },
  ];
  await writeFile(join(folder, 'agents.yaml'), stringify({ agents: [orchestrator] }));
  await writeFile(join(folder, 'script.yaml'), stringify({ rules }));
  await writeFile(join(folder, 'a.csv'), 'x\n1\n2\n');
});

afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

function serve(args: string[], env: Record<string, string> = {}): ChildProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [LAUNCHER, 'serve', '--json', ...args], {
    cwd: folder,
    env: { PATH, HOME, ROWMILL_DATA_DIR: join(folder, 'data'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  return child;
}

async function textOf(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) text += chunk;
  return text;
}

describe('rowmill serve', () => {
  it('chats, keeps the conversation, answers MCP, asks for keys, and ends on SIGTERM', async () => {
    const child = serve(['--port', '0', '--host', '0.0.0.0'], { ROWMILL_API_KEYS: 'test-key' });
    let output = '';
    for await (const line of createInterface(child.stdout as NonNullable<typeof child.stdout>)) {
      output += line;
      if (line === '}' || line.endsWith('"}')) break;
    }
    const port = /:(\d+)/.exec((JSON.parse(output) as { url: string }).url)?.[1];
    const url = `http://127.0.0.1:${port}`;
    const headers = { ...JSON_HEADERS, ...KEY };

    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${url}/openapi.json`)).status).toBe(401);

    const chat = async (body: object) => {
      const response = await fetch(`${url}/v1/chat`, { method: 'POST', headers, body: JSON.stringify(body) });
      return parseEvents(await response.text()).map(({ data }) => data);
    };
    const first = await chat({ message: 'Look at a.csv.' });
    expect(first.map(({ type }) => type).filter((type) => type !== 'text-delta')).toEqual([
      'conversation',
      'tool-call-start',
      'tool-call-end',
      'turn-end',
      'turn-end',
      'done',
    ]);
    expect(first[2]).toMatchObject({ is_error: false, content: { row_count: 2 } });
    for (const event of first) expect(chatEvent.parse(event)).toEqual(event);
    const id = first[0]?.type === 'conversation' ? first[0].conversation_id : '';
    const second = await chat({ message: 'And now?', conversation_id: id });
    const words = second.flatMap((event) => (event.type === 'text-delta' ? [event.text] : [])).join('');
    expect(words).toBe('That was number 2.');
    const read = await (await fetch(`${url}/v1/conversations/${id}`, { headers })).json();
    expect(read).toMatchObject({ id, agent: 'orchestrator@v99', messages: { length: 6 } });

    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
    const accept = { ...headers, accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' };
    const mcp = await fetch(`${url}/mcp`, { method: 'POST', headers: accept, body: JSON.stringify(list) });
    expect(mcp.status).toBe(200);
    expect(await mcp.text()).toContain('execute_batch_processor');
    expect((await fetch(`${url}/mcp`, { method: 'POST', headers: JSON_HEADERS, body: '{}' })).status).toBe(401);

    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('refuses to listen beyond loopback without a key', async () => {
    const child = serve(['--port', '0', '--host', '0.0.0.0']);
    const [text, [code]] = await Promise.all([textOf(child), once(child, 'exit')]);
    expect(code).not.toBe(0);
    expect(text).toContain('ROWMILL_API_KEYS');
  });
});
