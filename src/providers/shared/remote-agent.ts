import { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/json/exact-number.ts';
import {
  type AssistantBlock,
  type JsonObject,
  type ModelRequest,
  type ModelResponse,
  NO_USAGE,
} from '../../protocol/messages.ts';

/** The name of the result that holds an answer; it is the name of the tool through which an agent's model answers. */
const ANSWER = 'return_structured_data';

/** The largest answer that is read. */
export const MAX_ANSWER_BYTES = 10_000_000;

/**
 * What a remote agent gets for a row, as JSON: `{"messages": […], "input": {…}}`. The row's input is the text of its
 * message, taken over as it is, so that numbers of any size stay exact.
 */
export function toPayload({ messages }: Pick<ModelRequest, 'messages'>): string {
  const content = messages[0]?.content;
  const input = typeof content === 'string' && isObject(content) ? content : '{}';
  return `{"messages":${JSON.stringify(messages)},"input":${input}}`;
}

function isObject(text: string): boolean {
  try {
    return isRecord(parseJson(text));
  } catch {
    return false;
  }
}

/**
 * The response that stands for the answer of a remote agent: a call of the answer's tool, so that it is journalled and
 * validated like the answer of a model.
 * @param service as messages name it
 * @param text JSON such as `{"messages": […], "tool_results": [{"name": "return_structured_data", "content": {…}}]}`
 * @throws AppError `model_response_invalid`
 */
export function toRemoteResponse(service: string, model: string, text: string): ModelResponse {
  const body = parsed(service, text);
  const results = isRecord(body) ? body['tool_results'] : undefined;
  const result = Array.isArray(results)
    ? results.findLast((one) => isRecord(one) && one['name'] === ANSWER)
    : undefined;
  const given: unknown = isRecord(result) ? result['content'] : undefined;
  const input = typeof given === 'string' ? parsed(service, given) : given;
  if (!isRecord(input)) {
    const form = `{"tool_results": [{"name": "${ANSWER}", "content": {…}}]}`;
    throw unusable(service, `it has no result "${ANSWER}" with an object as content; it has to be ${form}`);
  }
  const call: AssistantBlock = { type: 'tool_use', id: 'remote', name: ANSWER, input: input as JsonObject };
  return { content: [...textsOf(body), call], stopReason: 'tool_use', usage: NO_USAGE, model };
}

/** What the agent said on the way, for the trace. */
function textsOf(body: unknown): AssistantBlock[] {
  const messages = isRecord(body) && Array.isArray(body['messages']) ? body['messages'] : [];
  return messages.flatMap((message): AssistantBlock[] => {
    if (!isRecord(message) || message['role'] !== 'assistant' || typeof message['content'] !== 'string') return [];
    return message['content'] === '' ? [] : [{ type: 'text', text: message['content'] }];
  });
}

function parsed(service: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (thrown) {
    throw unusable(service, 'it is not JSON', thrown);
  }
}

/** An answer that was given, and perhaps paid for, and can't be used. */
export function unusable(service: string, reason: string, cause?: unknown): AppError {
  const text = `The answer of ${service} can't be read: ${reason}.`;
  return new AppError('model_response_invalid', text, { outcomeUnknown: true, cause });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
