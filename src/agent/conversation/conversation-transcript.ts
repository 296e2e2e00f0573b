import type { AssistantBlock, Message, ToolResultBlock, UserBlock } from '../../protocol/messages.ts';

/** The result that a model reads for a call that was sent and never answered. */
const INTERRUPTED =
  'This call was interrupted and its outcome is not known. Look at the present state before you repeat it.';

/**
 * The transcript as it is sent to the model: consecutive user messages become one. They occur where a turn failed before
 * the model answered. Invariant: blocks that were sent earlier stay unchanged at the front.
 */
export function requestMessages(stored: readonly Message[]): Message[] {
  const merged: Message[] = [];
  for (const message of stored) {
    const last = merged.at(-1);
    if (message.role === 'user' && last?.role === 'user') {
      merged[merged.length - 1] = { role: 'user', content: [...blocksOf(last.content), ...blocksOf(message.content)] };
    } else {
      merged.push(message);
    }
  }
  return merged;
}

/**
 * The transcript for another version of the agent than the one that wrote it: without the blocks that only a provider
 * understands. Thinking is bound to its original instructions and tools, and is refused with others.
 */
export function withoutOpaque(stored: readonly Message[]): Message[] {
  return stored.flatMap((message): Message[] => {
    if (message.role === 'user') return [message];
    const content = message.content.filter((block) => block.type !== 'opaque');
    return content.length === 0 ? [] : [{ role: 'assistant', content }];
  });
}

function blocksOf(content: string | UserBlock[]): UserBlock[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

/**
 * The messages that a run appended, in a form that can be continued: every tool call has its result in the next message
 * (a result that says so, if the run ended before the answer), and no message is empty.
 */
export function closedRun(appended: readonly Message[]): Message[] {
  const closed: Message[] = [];
  for (const [index, message] of appended.entries()) {
    if (message.content.length === 0) continue;
    const before = appended[index - 1];
    if (before?.role === 'assistant' && message.role === 'user') {
      const content = [...missingResults(before.content, message.content), ...blocksOf(message.content)];
      closed.push(content.length === message.content.length ? message : { role: 'user', content });
      continue;
    }
    closed.push(message);
    const isLast = index === appended.length - 1;
    if (isLast && message.role === 'assistant') closed.push(...asMessage(missingResults(message.content, [])));
  }
  return closed;
}

function asMessage(results: ToolResultBlock[]): Message[] {
  return results.length === 0 ? [] : [{ role: 'user', content: results }];
}

function missingResults(calls: readonly AssistantBlock[], answer: string | readonly UserBlock[]): ToolResultBlock[] {
  const answered = new Set(
    typeof answer === 'string'
      ? []
      : answer.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : [])),
  );
  return calls.flatMap((block): ToolResultBlock[] =>
    block.type === 'tool_use' && !answered.has(block.id)
      ? [{ type: 'tool_result', tool_use_id: block.id, content: INTERRUPTED, is_error: true }]
      : [],
  );
}
