import type { ConversationEvent } from '../../agent/conversation/conversation.ts';
import { dollars } from '../../base/figures.ts';
import type { Json, Usage } from '../../protocol/messages.ts';
import { type Io, paintFor, widthOf } from '../io.ts';
import { manyLines } from './safe-text.ts';
import { toolCallLine, toolResultLine } from './tool-call-text.ts';
import { createWordWrap } from './word-wrap.ts';

/** One answer of the orchestrator, collected from its events. */
export interface Answer {
  conversation_id: string | null;
  text: string;
  tool_calls: { name: string; input: Json; is_error: boolean; content: Json; duration_ms: number }[];
  stop_reason: string | null;
  usage: Usage | null;
  cost_usd: number | null;
  error: { code: string; message: string } | null;
}

export interface ConversationView {
  /** Shows one event and adds it to the answer. */
  show(event: ConversationEvent): void;
  /** The answer so far. */
  answer(): Answer;
}

/**
 * Prints an answer as it arrives: streamed text, and a line for each tool call and each result.
 * @param quiet collects the answer without printing, for `--json`
 */
export function createConversationView(io: Io, quiet: boolean): ConversationView {
  const layout = { paint: paintFor(io), width: widthOf(io) };
  const answer: Answer = {
    conversation_id: null,
    text: '',
    tool_calls: [],
    stop_reason: null,
    usage: null,
    cost_usd: null,
    error: null,
  };
  const inputs = new Map<string, Json>();
  // A terminal breaks lines inside words, so text is wrapped for it; a file keeps the original lines.
  const words = createWordWrap(io.isTTY.stdout ? layout.width : Number.POSITIVE_INFINITY);
  /** Dollars of the turns so far; null when one has an unknown price. */
  let spent: number | null = 0;
  const dim = (text: string) => layout.paint('dim', text);
  /** Whether the cursor is at the start of a line. */
  let fresh = true;
  const write = (text: string) => {
    if (quiet || text === '') return;
    io.stdout.write(text);
    fresh = text.endsWith('\n');
  };
  const endLine = () => {
    write(words.end());
    if (!fresh) write('\n');
  };
  const line = (text: string) => {
    endLine();
    write(`${text}\n`);
  };
  return {
    answer: () => answer,
    show: (event) => {
      const isOver = event.type === 'done' || event.type === 'error';
      // A notice starts a line of its own.
      io.notices?.setLastLine(isOver ? undefined : { hide: endLine, show: () => undefined });
      switch (event.type) {
        case 'conversation':
          answer.conversation_id = event.conversation_id;
          return;
        case 'text-delta':
          answer.text += event.text;
          write(words.add(manyLines(event.text)));
          return;
        case 'tool-call-start':
          inputs.set(event.tool_use_id, event.input);
          line(toolCallLine(event, layout));
          return;
        case 'tool-call-end': {
          const { name, is_error, content, duration_ms } = event;
          const input = inputs.get(event.tool_use_id) ?? null;
          answer.tool_calls.push({ name, input, is_error, content, duration_ms });
          line(toolResultLine(event, layout));
          return;
        }
        case 'warning':
          line(dim(`(${manyLines(event.message)})`));
          return;
        case 'turn-end':
          endLine();
          spent = spent === null || event.cost_usd === null ? null : spent + event.cost_usd;
          // The last turn is followed by the cost of the whole answer.
          if (event.stop_reason === 'tool_use' && spent !== 0) line(dim(`(so far: ${costText(spent)})`));
          return;
        case 'done':
          answer.stop_reason = event.stop_reason;
          answer.usage = event.usage;
          answer.cost_usd = event.cost_usd;
          endLine();
          if (event.cost_usd !== 0) line(dim(`(this answer: ${costText(event.cost_usd)})`));
          return;
        case 'error':
          answer.error = { code: event.code, message: event.message };
          endLine();
          return;
      }
    },
  };
}

function costText(usd: number | null): string {
  return usd === null ? 'cost unknown' : dollars(usd);
}
