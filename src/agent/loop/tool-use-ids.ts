import type { AssistantBlock, Message } from '../../protocol/messages.ts';

/** Every `tool_use` id of a transcript. */
export function toolUseIds(messages: readonly Message[]): Set<string> {
  const ids = new Set<string>();
  for (const message of messages) {
    if (message.role !== 'assistant') continue;
    for (const block of message.content) if (block.type === 'tool_use') ids.add(block.id);
  }
  return ids;
}

/**
 * The content with a unique id on every `tool_use`. A missing or repeated id is replaced by one that is derived from the
 * turn and the call's position, so that a replay gives the same id. Adds the ids to `used`.
 */
export function withUniqueIds(content: readonly AssistantBlock[], turn: number, used: Set<string>): AssistantBlock[] {
  return content.map((block, index) => {
    if (block.type !== 'tool_use') return block;
    const id = block.id !== '' && !used.has(block.id) ? block.id : freshId(turn, index, used);
    used.add(id);
    return id === block.id ? block : { ...block, id };
  });
}

function freshId(turn: number, index: number, used: ReadonlySet<string>): string {
  const base = `call_${turn}_${index}`;
  let id = base;
  for (let copy = 2; used.has(id); copy += 1) id = `${base}_${copy}`;
  return id;
}
