import type { AssistantBlock, Message, UserBlock } from '../../protocol/messages.ts';

/** Messages as the GenAI conventions write them: a role and its parts. Media and a provider's own blocks are named only. */
export function messageParts(messages: readonly Message[]): { role: string; parts: object[] }[] {
  return messages.map(({ role, content }) => ({
    role,
    parts: typeof content === 'string' ? [{ type: 'text', content }] : content.map(partOf),
  }));
}

function partOf(block: AssistantBlock | UserBlock): object {
  switch (block.type) {
    case 'text':
      return { type: 'text', content: block.text };
    case 'tool_use':
      return { type: 'tool_call', id: block.id, name: block.name, arguments: block.input };
    case 'tool_result':
      return { type: 'tool_call_response', id: block.tool_use_id, response: block.content };
    default:
      return { type: block.type };
  }
}
