import { ExactNumber, parseJson } from '../../base/json/exact-number.ts';
import { repeatedKey } from '../../base/json/repeated-key.ts';
import type {
  AnswerForm,
  AssistantBlock,
  Message,
  ModelRequest,
  ModelResponse,
  ToolSpec,
  UserBlock,
} from '../../protocol/messages.ts';

/** A request in the form in which it is sent. */
export interface SentRequest extends ModelRequest {
  /** The answer's name and schema, where it is asked for as the format of the text; its tool is not among the tools. */
  format?: ToolSpec;
}

/** The provider of the opaque block that keeps the text of an answer, where the JSON of its data is another text. */
const VERBATIM = 'answer-text';

const withoutAnswer = new WeakMap<readonly ToolSpec[], Map<string, ToolSpec[]>>();

/**
 * The request as it is sent: its answer asked for as the format of the text where the provider takes that, else as a
 * call of its tool, which the instructions then say. A transcript holds answers as calls in both forms.
 * @param takes whether the answer's schema may be sent as a format
 */
export function inSentForm(request: ModelRequest, takes: (spec: ToolSpec) => boolean): SentRequest {
  const { answer, ...rest } = request;
  if (answer === undefined) return request;
  const format = request.tools.find(({ name }) => name === answer.tool);
  const tools = otherTools(request.tools, answer.tool);
  if (format === undefined || !takes(format) || !hasOnlyCallsOf(request, tools, answer)) {
    return { ...rest, system: `${request.system.trimEnd()}\n\n${answer.instruction}` };
  }
  return { ...rest, tools, format, messages: toTexts(request.messages, answer) };
}

/** The same list each time: providers keep what they make of a list of tools. */
function otherTools(tools: readonly ToolSpec[], answer: string): ToolSpec[] {
  const known = withoutAnswer.get(tools) ?? new Map<string, ToolSpec[]>();
  const others = known.get(answer) ?? tools.filter(({ name }) => name !== answer);
  withoutAnswer.set(tools, known.set(answer, others));
  return others;
}

/** Providers refuse calls of tools that are not described: a model may have called one that there never was. */
function hasOnlyCallsOf({ messages }: ModelRequest, tools: readonly ToolSpec[], { tool }: AnswerForm): boolean {
  return messages.every(
    ({ role, content }) =>
      role === 'user' ||
      content.every(
        (block) => block.type !== 'tool_use' || block.name === tool || tools.some(({ name }) => name === block.name),
      ),
  );
}

/** The messages with earlier answers, and what was said about them, as text. */
function toTexts(messages: Message[], { tool }: AnswerForm): Message[] {
  if (messages.every(({ role }) => role === 'user')) return messages;
  const answers = new Set(
    messages.flatMap(({ role, content }) =>
      role === 'user'
        ? []
        : content.flatMap((block) => (block.type === 'tool_use' && block.name === tool ? [block.id] : [])),
    ),
  );
  if (answers.size === 0) return messages;
  return messages.map((message): Message => {
    if (message.role === 'assistant') return { role: 'assistant', content: toAnswerText(message.content, tool) };
    if (typeof message.content === 'string') return message;
    const content = message.content.map((block): UserBlock => {
      const isOfAnswer = block.type === 'tool_result' && answers.has(block.tool_use_id);
      return isOfAnswer ? { type: 'text', text: block.content } : block;
    });
    return { role: 'user', content };
  });
}

function toAnswerText(content: readonly AssistantBlock[], tool: string): AssistantBlock[] {
  let verbatim: string | undefined;
  return content.flatMap((block): AssistantBlock[] => {
    if (block.type === 'opaque' && block.provider === VERBATIM) {
      verbatim = String(block.value);
      return [];
    }
    if (block.type !== 'tool_use' || block.name !== tool) return [block];
    const text = verbatim ?? (typeof block.input === 'string' ? block.input : JSON.stringify(block.input ?? {}));
    verbatim = undefined;
    return [{ type: 'text', text }];
  });
}

/**
 * The response with its text as a call of the answer's tool, if the text is one JSON object. Every other response is
 * returned unchanged: the agent's loop reads it, or asks again.
 * @param tool undefined where the answer was not asked for as a format
 * @param restore the conversion of the data back to the agent's own schema
 */
export function withAnswerCall(
  response: ModelResponse,
  tool: string | undefined,
  restore: (input: unknown) => unknown = (input) => input,
): ModelResponse {
  const { content, stopReason } = response;
  if (tool === undefined) return response;
  if (stopReason !== 'end_turn' && stopReason !== 'stop_sequence') return response;
  const texts = content.flatMap((block) => (block.type === 'text' ? [block] : []));
  if (texts.length === 0 || content.some(({ type }) => type === 'tool_use')) return response;
  // Before its answer a model may write words in a block of their own; a provider may cut one text into several.
  const last = texts.at(-1)?.text ?? '';
  const inLast = readObject(last);
  const [text, parts] =
    inLast === undefined ? [texts.map((block) => block.text).join(''), texts] : [last, texts.slice(-1)];
  const input = inLast ?? (texts.length === 1 ? undefined : readObject(text));
  if (input === undefined) return response;
  const call: AssistantBlock = { type: 'tool_use', id: '', name: tool, input: restore(input) };
  // Thoughts are bound to the text that followed them, so that text must go back unchanged.
  const isBound = content.some(({ type }) => type === 'opaque') && text !== JSON.stringify(input);
  const answer: AssistantBlock[] = isBound ? [{ type: 'opaque', provider: VERBATIM, value: text }, call] : [call];
  const blocks = content.flatMap((block) => {
    if (block.type !== 'text' || !parts.includes(block)) return [block];
    return block === parts[0] ? answer : [];
  });
  return { ...response, content: blocks, stopReason: 'tool_use' };
}

function readObject(text: string): object | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    const value: unknown = parseJson(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    // A key that stands twice has two values: the loop says so to the model.
    const isUsable = isObject && !(value instanceof ExactNumber) && repeatedKey(text) === undefined;
    return isUsable ? value : undefined;
  } catch {
    return undefined;
  }
}
