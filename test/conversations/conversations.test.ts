import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse as parseCsv } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import type { ConversationEvent } from '../../src/agent/conversation/conversation.ts';
import type { Message } from '../../src/protocol/messages.ts';
import { echoAnswer } from '../support/echo-agent.ts';
import { startMessagesServer } from '../support/messages-server.ts';
import { type Folders, type RunningApp, startApp, talk, writeFolders } from './conversation-app.ts';
import { type ConversationFile, readConversationFile, type Step } from './conversation-file.ts';
import { expectEvents } from './expect-events.ts';
import { mismatch, pathsOf } from './match.ts';

const names = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.yaml'));

it.each(names.map((name) => basename(name, '.yaml')))('%s', { timeout: 60_000 }, async (name) => {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-conversation-')));
  const files = join(root, 'files');
  await mkdir(files);
  const file = await readConversationFile(join(import.meta.dirname, `${name}.yaml`), files);
  const server = file.messages_server ? await startMessagesServer({ respond: echoAnswer }) : undefined;
  const key = server === undefined ? {} : { ANTHROPIC_API_KEY: 'test-key', ANTHROPIC_BASE_URL: server.url };
  const folders: Folders = { files, home: join(root, 'home'), env: { ...file.env, ...key } };
  await writeFolders(folders, file);
  const play = await playSteps(file, folders);
  try {
    await expectEnd(file, play);
  } finally {
    await play.running.close();
    await server?.close();
    await rm(root, { recursive: true });
  }
});

interface Play {
  running: RunningApp;
  conversationId: string;
  events: ConversationEvent[];
  logged: string;
}

async function playSteps(file: ConversationFile, folders: Folders): Promise<Play> {
  const play: Play = { running: await startApp(folders), conversationId: '', events: [], logged: '' };
  try {
    for (const step of file.steps) {
      if (step.new_process || step.kill_at !== undefined) await restart(play, folders, step);
      const events = step.kill_at === undefined ? await takeStep(play, step) : [];
      if (step.kill_at === undefined) expectEvents(events, step);
      play.events.push(...events);
    }
  } catch (thrown) {
    await play.running.close();
    throw thrown;
  }
  return play;
}

/** Ends the process; a step that is to be killed then has its own, before the next one starts. */
async function restart(play: Play, folders: Folders, step: Step): Promise<void> {
  await play.running.close();
  play.logged += play.running.logged();
  if (step.kill_at !== undefined) {
    const events = await talkAndKill(folders, messageOf(play, step), step.kill_at);
    remember(play, events);
  }
  play.running = await startApp(folders);
}

async function takeStep(play: Play, step: Step): Promise<ConversationEvent[]> {
  const events = await talk(play.running.app, messageOf(play, step), (event) => {
    return !(event.type === 'tool-call-start' && event.name === step.leave_at);
  });
  remember(play, events);
  return events;
}

function messageOf({ conversationId }: Play, { user }: Step) {
  return conversationId === '' ? { message: user } : { message: user, conversationId };
}

function remember(play: Play, events: ConversationEvent[]): void {
  for (const event of events) if (event.type === 'conversation') play.conversationId = event.conversation_id;
}

async function talkAndKill(
  folders: Folders,
  message: { message: string; conversationId?: string },
  at: { type: string; name?: string | undefined },
): Promise<ConversationEvent[]> {
  const script = join(import.meta.dirname, 'talking-process.ts');
  const child = spawn(process.execPath, [script, JSON.stringify({ folders, message })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const events: ConversationEvent[] = [];
  let isKilled = false;
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line) as ConversationEvent;
    events.push(event);
    if (event.type !== at.type || (at.name !== undefined && 'name' in event && event.name !== at.name)) continue;
    isKilled = child.kill('SIGKILL');
    break;
  }
  await ended;
  expect(isKilled, `the process was to be killed at ${JSON.stringify(at)}`).toBe(true);
  return events;
}

async function expectEnd(file: ConversationFile, play: Play): Promise<void> {
  const { app } = play.running;
  if (file.batches !== undefined) {
    const reports = await app.runner.list({ limit: 10 });
    expect(mismatch(reports, file.batches), 'the batches at the end').toBeUndefined();
  }
  for (const [path, rows] of Object.entries(file.tables)) {
    const table: unknown = parseCsv(await readFile(path), { columns: true });
    expect(mismatch(table, rows), `the table ${path}`).toBeUndefined();
  }
  if (play.conversationId === '') return;
  const { messages } = await app.conversations.read(play.conversationId);
  expectAnswered(messages);
  if (file.quoted !== undefined) {
    const results = play.events.flatMap((event) => (event.type === 'tool-call-end' ? [event.content] : []));
    expectQuoted(file.quoted, [...results, ...storedResults(messages)]);
    expect(play.logged + play.running.logged()).not.toContain(file.quoted.text);
  }
}

/** Every tool call has its result, once, in the next message. */
function expectAnswered(messages: readonly Message[]): void {
  messages.forEach((message, index) => {
    if (message.role !== 'assistant') return;
    const calls = message.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    const next = messages[index + 1]?.content ?? [];
    const blocks = typeof next === 'string' ? [] : next;
    expect(blocks.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []))).toEqual(calls);
  });
}

function storedResults(messages: readonly Message[]): unknown[] {
  return messages.flatMap(({ content }) =>
    typeof content === 'string'
      ? []
      : content.flatMap((block) => (block.type === 'tool_result' ? [JSON.parse(block.content)] : [])),
  );
}

/** The text stands in the fields that are declared as quoted data, in at least one of them, and nowhere else. */
function expectQuoted({ text, fields }: { text: string; fields: string[] }, results: readonly unknown[]): void {
  const paths = new Set(results.flatMap((result) => pathsOf(result, text)));
  const elsewhere = [...paths].filter(
    (path) => !fields.some((field) => path === field || path.startsWith(`${field}.`)),
  );
  expect(elsewhere, 'fields that hold a cell and are not quoted data').toEqual([]);
  const unused = fields.filter((field) => ![...paths].some((path) => path === field || path.startsWith(`${field}.`)));
  expect(unused, 'fields that were to hold the cell').toEqual([]);
}
