import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod';

/** `{type: fields}`: one expected event; `fields` is matched as match.ts says. */
const expectedEvent = z
  .partialRecord(z.enum(['conversation', 'text', 'tool-call-start', 'tool-call-end', 'done', 'error']), z.unknown())
  .refine((event) => Object.keys(event).length === 1, 'an expected event has one key, its type');

const step = z.strictObject({
  /** What the person says. */
  user: z.string(),
  /** The process ends before this message, and a new one takes it. */
  new_process: z.boolean().default(false),
  /** The message is taken by a process of its own, which is killed with SIGKILL when it reports this event. */
  kill_at: z.strictObject({ type: z.string(), name: z.string().optional() }).optional(),
  /** The client goes away when it has seen the start of this tool call. */
  leave_at: z.string().optional(),
  /** In order. Tool calls, `done` and `error` must be exactly these; texts and `conversation` may be left out. */
  events: z.array(expectedEvent).default([]),
});

/** One conversation test. `{{folder}}` in it stands for the folder in which the files are. */
const conversationFile = z.strictObject({
  description: z.string(),
  /** Name → content; base64 when it begins with `base64:`. */
  files: z.record(z.string(), z.string()).default({}),
  /** Further environment of the product. */
  env: z.record(z.string(), z.string()).default({}),
  /** Whether a local server answers for Anthropic's models, as test/support/echo-agent.ts says. */
  messages_server: z.boolean().default(false),
  /** What the orchestrator says: rules of the scripted provider. */
  orchestrator: z.array(z.unknown()),
  /** Further agents, as in agents.yaml. */
  agents: z.array(z.unknown()).default([]),
  /** Scripts of their models, by file name. */
  scripts: z.record(z.string(), z.unknown()).default({}),
  steps: z.array(step).min(1),
  /** What stands at the end: batches with matched fields, newest first, and output tables. */
  batches: z.array(z.unknown()).optional(),
  tables: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))).default({}),
  /** Text of a cell that may stand in these fields of tool results only (`*` for any index), and never in the log. */
  quoted: z.strictObject({ text: z.string(), fields: z.array(z.string()).min(1) }).optional(),
});

export type ConversationFile = z.infer<typeof conversationFile>;
export type Step = z.infer<typeof step>;

/** Reads a conversation test. */
export async function readConversationFile(path: string, folder: string): Promise<ConversationFile> {
  const text = (await readFile(path, 'utf8')).replaceAll('{{folder}}', folder);
  return conversationFile.parse(parse(text));
}
