import type { Schemas } from '../api.ts';

/** An event of an answer, as the server streams it. */
export type ChatEvent = Schemas['ChatEvent'];

/** What a tool answered. */
export interface ToolOutcome {
  isError: boolean;
  /** Parsed where it is JSON. */
  content: unknown;
  /** null for a call that was read from the server, which does not keep it. */
  durationMs: number | null;
}

/** One thing of a conversation, in the order in which a person reads it. */
export type Entry =
  | { kind: 'person'; text: string }
  | { kind: 'answer'; text: string }
  | { kind: 'tool'; id: string; name: string; input: unknown; outcome: ToolOutcome | undefined }
  | { kind: 'warning'; text: string }
  /** The person stopped the answer here. */
  | { kind: 'stopped' };

/** A call of a tool with its answer. */
export type ToolEntry = Extract<Entry, { kind: 'tool' }>;

/** The entries after one more event. */
export function withEvent(entries: readonly Entry[], event: ChatEvent): readonly Entry[] {
  switch (event.type) {
    case 'text-delta': {
      const last = entries.at(-1);
      if (last?.kind !== 'answer') return [...entries, { kind: 'answer', text: event.text }];
      return [...entries.slice(0, -1), { kind: 'answer', text: last.text + event.text }];
    }
    case 'tool-call-start':
      return [
        ...entries,
        { kind: 'tool', id: event.tool_use_id, name: event.name, input: event.input, outcome: undefined },
      ];
    case 'tool-call-end': {
      const { is_error: isError, content, duration_ms: durationMs } = event;
      return withOutcome(entries, event.tool_use_id, { isError, content: parsed(content), durationMs });
    }
    case 'warning':
      return [...entries, { kind: 'warning', text: event.message }];
    default:
      return entries;
  }
}

/** Block of a stored message, as far as the page shows it. */
type StoredBlock = {
  type: string;
  text?: string;
  id?: string;
  name?: string;
  input?: unknown;
  tool_use_id?: string;
  content?: unknown;
  is_error?: boolean;
};

/** The entries of a stored conversation. A message that was sent again, because it got no answer, is shown once. */
export function entriesOf(messages: Schemas['Conversation']['messages']): readonly Entry[] {
  let entries: readonly Entry[] = [];
  for (const { role, content } of messages) {
    const blocks: StoredBlock[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    for (const block of blocks) entries = withBlock(entries, block, role);
  }
  return entries;
}

function withBlock(entries: readonly Entry[], block: StoredBlock, role: 'user' | 'assistant'): readonly Entry[] {
  const { type, text = '', id = '', name = '', input } = block;
  if (type === 'tool_use') return [...entries, { kind: 'tool', id, name, input, outcome: undefined }];
  if (type === 'tool_result') {
    const outcome = { isError: block.is_error === true, content: parsed(block.content), durationMs: null };
    return withOutcome(entries, block.tool_use_id ?? '', outcome);
  }
  if (type !== 'text') return entries;
  if (role === 'assistant') return withEvent(entries, { type: 'text-delta', text });
  const last = entries.at(-1);
  return last?.kind === 'person' && last.text === text ? entries : [...entries, { kind: 'person', text }];
}

function withOutcome(entries: readonly Entry[], id: string, outcome: ToolOutcome): readonly Entry[] {
  const found = entries.findLastIndex((entry) => entry.kind === 'tool' && entry.id === id);
  return entries.map((entry, index) => (index === found && entry.kind === 'tool' ? { ...entry, outcome } : entry));
}

function parsed(content: unknown): unknown {
  if (typeof content !== 'string') return content;
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}
