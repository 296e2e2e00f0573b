import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { stringify } from 'yaml';
import type { ConversationEvent } from '../../src/agent/conversation/conversation.ts';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import type { App } from '../../src/cli/app.ts';
import type { ConversationFile } from './conversation-file.ts';

/** The tables' folder is beside the one that holds agents and data: what the product may touch is only the former. */
export interface Folders {
  files: string;
  home: string;
  /** Further environment of the product. */
  env: Record<string, string>;
}

/** Writes the files, the agents and their scripts. */
export async function writeFolders({ files, home }: Folders, file: ConversationFile): Promise<void> {
  await mkdir(home, { recursive: true });
  for (const [name, content] of Object.entries(file.files)) {
    const isBinary = content.startsWith('base64:');
    await writeFile(join(files, name), isBinary ? Buffer.from(content.slice('base64:'.length), 'base64') : content);
  }
  const orchestrator = {
    name: 'orchestrator',
    version: 'v99',
    model: { provider: 'scripted', model: 'orchestrator.script.yaml' },
    instructions: 'Help people run agents over tables.',
    limits: { max_turns: 12, timeout_s: 60 },
  };
  await writeFile(join(home, 'agents.yaml'), stringify({ agents: [orchestrator, ...file.agents] }));
  await writeFile(join(home, 'orchestrator.script.yaml'), stringify({ rules: file.orchestrator }));
  for (const [name, script] of Object.entries(file.scripts)) await writeFile(join(home, name), stringify(script));
}

/** One process: the real composition, driving batches. */
export interface RunningApp {
  app: App;
  /** What it logged so far, from `info` up. */
  logged(): string;
  close(): Promise<void>;
}

/** Starts the product on the folders. */
export async function startApp({ files, home, env: further }: Folders): Promise<RunningApp> {
  const own = { ROWMILL_DATA_DIR: join(home, 'data'), ROWMILL_AGENTS: join(home, 'agents.yaml'), ROWMILL_FILES: files };
  const env = { ...further, ...own };
  let text = '';
  const log = pino(
    { level: 'info' },
    {
      write: (line: string) => {
        text += line;
      },
    },
  );
  const app = await createApp(readConfig(env, files), log, { driver: 'supervisor' });
  const stop = new AbortController();
  const supervised = app.supervise({ signal: stop.signal, hardSignal: stop.signal, untilIdle: false });
  return {
    app,
    logged: () => text,
    async close() {
      stop.abort();
      await supervised;
      await app.close();
    },
  };
}

/** Sends one message and collects the events; `onEvent` may end the listening by returning false. */
export async function talk(
  { conversations }: App,
  message: { message: string; conversationId?: string },
  onEvent: (event: ConversationEvent) => boolean = () => true,
): Promise<ConversationEvent[]> {
  const events: ConversationEvent[] = [];
  for await (const event of conversations.send({ ...message, signal: new AbortController().signal })) {
    events.push(event);
    if (!onEvent(event)) break;
  }
  return events;
}
