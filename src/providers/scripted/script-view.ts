import { type Message, type ModelRequest, textOf } from '../../protocol/messages.ts';

/** One answered tool call of a conversation, its content parsed where it is JSON. */
interface ScriptResult {
  name: string;
  content: unknown;
  is_error: boolean;
}

/** What the expressions of a script are evaluated over. */
export interface ScriptView {
  messages: Message[];
  /** The last message. */
  last: Message | undefined;
  /** Model answers since the start. */
  turn: number;
  /** Model answers since the person's latest words. */
  step: number;
  /** Names of the tools on offer. */
  tools: string[];
  /** The first user message, when it is JSON: the row of a target agent. */
  input: unknown;
  /** The person's latest words. */
  user: string;
  /** The latest result of each tool. */
  results: Record<string, unknown>;
  /** The results in the last message. */
  last_results: ScriptResult[];
  /** Every result, in order. */
  history: ScriptResult[];
}

/** The conversation so far, as a script sees it. */
export function viewOf(request: Pick<ModelRequest, 'messages' | 'tools'>): ScriptView {
  const { messages, tools } = request;
  const names = new Map<string, string>();
  const history: ScriptResult[] = [];
  let lastResults: ScriptResult[] = [];
  let turn = 0;
  let step = 0;
  let user = '';
  for (const message of messages) {
    lastResults = [];
    if (message.role === 'assistant') {
      turn += 1;
      step += 1;
      for (const block of message.content) if (block.type === 'tool_use') names.set(block.id, block.name);
      continue;
    }
    const words = textOf(message.content);
    if (words !== '') {
      user = words;
      step = 0;
    }
    lastResults = resultsOf(message, names);
    history.push(...lastResults);
  }
  return {
    messages,
    last: messages.at(-1),
    turn,
    step,
    tools: tools.map((tool) => tool.name),
    input: firstInput(messages),
    user,
    results: Object.fromEntries(history.map((result) => [result.name, result.content])),
    last_results: lastResults,
    history,
  };
}

function resultsOf(message: Message, names: ReadonlyMap<string, string>): ScriptResult[] {
  if (message.role !== 'user' || typeof message.content === 'string') return [];
  return message.content.flatMap((block) => {
    if (block.type !== 'tool_result') return [];
    const name = names.get(block.tool_use_id) ?? 'unknown';
    return [{ name, content: parsed(block.content) ?? block.content, is_error: block.is_error === true }];
  });
}

function firstInput(messages: readonly Message[]): unknown {
  const first = messages.find((message) => message.role === 'user');
  return first === undefined ? null : (parsed(textOf(first.content)) ?? null);
}

/** The parsed JSON, or undefined where the text is not JSON. */
function parsed(text: string): unknown {
  if (!/^\s*[[{"\d\-tfn]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
