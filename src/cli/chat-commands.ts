import { readdir } from 'node:fs/promises';
import { nearest } from '../base/nearest.ts';
import type { App } from './app.ts';
import type { Output } from './command-context.ts';
import { showAgents } from './commands/agents/agents-list.ts';
import { showBatches } from './commands/batches/batches-list.ts';
import { oneLine } from './terminal/safe-text.ts';

type ChatCommand = (app: App, output: Output) => Promise<void>;

const COMMANDS: { [name: string]: { text: string; run: ChatCommand } } = {
  '/help': { text: 'show these commands', run: async (_app, output) => showHelp(output) },
  '/agents': {
    text: 'list the agents',
    run: async ({ registry }, output) => showAgents(await registry.list(), output),
  },
  '/batches': {
    text: 'list the newest batches',
    run: async ({ runner }, output) => showBatches(await runner.list({ limit: 10 }), output),
  },
};
const QUIT = ['/quit', '/exit'];

/**
 * The command that a line of a chat is: it runs here and calls no model. A line of a slash and one word is a command,
 * known or not.
 * @returns undefined for a message
 */
export function chatCommand(line: string): ChatCommand | 'quit' | undefined {
  if (QUIT.includes(line)) return 'quit';
  if (!/^\/[a-z]*$/i.test(line)) return undefined;
  const known = COMMANDS[line.toLowerCase()];
  if (known !== undefined) return known.run;
  const near = nearest(line, [...Object.keys(COMMANDS), ...QUIT]);
  const hint = near === undefined ? '/help lists the commands' : `Did you mean ${near}?`;
  return async (_app, output) => output.note(`${oneLine(line)} is no command. ${hint}${near === undefined ? '.' : ''}`);
}

function showHelp({ line, paint }: Output): void {
  for (const [name, { text }] of Object.entries(COMMANDS)) line(`${paint('cyan', name.padEnd(10))}${text}`);
  line(`${paint('cyan', '/quit'.padEnd(10))}end the chat; batches continue`);
  line('Anything else is a message: say in your own words what to do with a table.');
}

const MOST_NAMES = 6;
const TABLE = /\.(csv|tsv|jsonl|ndjson|json|parquet|xlsx)(\.(gz|zst))?$/i;

/** The first lines of a chat: what can be said, and the tables and agents at hand. */
export async function openingLines(app: App, cwd: string): Promise<string[]> {
  const agents = (await app.registry.list()).flatMap((agent) => (agent.structured_output.enabled ? [agent.name] : []));
  return [
    'Say what to do with a table. /help lists commands, /quit ends the chat.',
    app.server === undefined ? `Tables here: ${await tablesIn(cwd)}.` : tablesOf(app.server),
    `Agents: ${listed([...new Set(agents)]) || 'none yet; describe what to ask of each row'}.`,
  ];
}

async function tablesIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const tables = entries.flatMap((entry) => (entry.isFile() && TABLE.test(entry.name) ? [entry.name] : []));
  return listed(tables.toSorted()) || 'none; name a path or an s3:// URI';
}

function tablesOf(server: string): string {
  return `Tables: what ${oneLine(server)} can read. "rowmill uploads add FILE" with --server sends one; name its upload:// address.`;
}

function listed(names: string[]): string {
  const shown = names.slice(0, MOST_NAMES).map(oneLine).join(', ');
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}
