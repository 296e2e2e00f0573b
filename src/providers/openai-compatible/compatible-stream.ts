import type OpenAI from 'openai';
import { invalidResponse, type Service } from '../shared/service-faults.ts';

type Fields = Record<string, unknown>;

interface CallDraft extends Fields {
  id: string;
  function: { name: string; arguments: string };
}

/** A completion while it is built from chunks. Read loosely: it is checked when it is complete. */
interface Draft {
  model: string | undefined;
  usage: unknown;
  finish: string | undefined;
  message: Fields;
  calls: CallDraft[];
  /** The calls by the number that the server gives them. */
  byIndex: Map<number, CallDraft>;
}

/** The fields whose pieces are joined from chunk to chunk. */
const JOINED = ['content', 'refusal', 'reasoning_content', 'reasoning'];

/**
 * Assembles a streamed completion and passes its text on as it arrives.
 * @returns the completion in the shape of one that was not streamed
 * @throws AppError `model_response_invalid` when the stream ends early
 */
export async function collectStream(
  chunks: AsyncIterable<OpenAI.Chat.ChatCompletionChunk>,
  onText: (text: string) => void,
  { service, signal }: { service: Service; signal: AbortSignal },
): Promise<unknown> {
  const draft: Draft = { model: undefined, usage: null, finish: undefined, message: {}, calls: [], byIndex: new Map() };
  for await (const chunk of chunks) {
    if (chunk.model) draft.model = chunk.model;
    if (chunk.usage) draft.usage = chunk.usage;
    const choice = chunk.choices?.[0];
    if (choice === undefined) continue;
    if (choice.delta) apply(draft, choice.delta as unknown as Fields, onText);
    if (choice.finish_reason) draft.finish = choice.finish_reason;
  }
  // The SDK ends an aborted stream as if it were complete; the usage comes last.
  const isCut = draft.finish === undefined || (signal.aborted && draft.usage === null);
  if (isCut) throw invalidResponse(service.name, 'its stream ended before the answer did');
  const { model, usage, finish, message, calls } = draft;
  const whole = { ...message, ...(calls.length === 0 ? {} : { tool_calls: calls }) };
  return { model, usage, choices: [{ message: whole, finish_reason: finish }] };
}

function apply(draft: Draft, delta: Fields, onText: (text: string) => void): void {
  for (const name of JOINED) {
    const piece = delta[name];
    if (typeof piece !== 'string') continue;
    const before = draft.message[name];
    draft.message[name] = typeof before === 'string' ? before + piece : piece;
  }
  if (typeof delta['content'] === 'string' && delta['content'] !== '') onText(delta['content']);
  if (Array.isArray(delta['reasoning_details'])) {
    const before = draft.message['reasoning_details'];
    draft.message['reasoning_details'] = [...(Array.isArray(before) ? before : []), ...delta['reasoning_details']];
  }
  if (Array.isArray(delta['tool_calls'])) for (const call of delta['tool_calls'] as Fields[]) applyCall(draft, call);
}

/** Some servers give every call the number 0, or none: then another id starts another call. */
function applyCall(draft: Draft, { index, id, type: _type, function: called, ...fields }: Fields): void {
  const number = typeof index === 'number' ? index : Math.max(0, draft.calls.length - 1);
  const known = draft.byIndex.get(number);
  const isOther = typeof id === 'string' && id !== '' && known !== undefined && known.id !== '' && known.id !== id;
  const call = known === undefined || isOther ? startCall(draft, number) : known;
  if (typeof id === 'string' && id !== '') call.id = id;
  Object.assign(call, fields);
  const { name, arguments: json } = (called ?? {}) as { name?: unknown; arguments?: unknown };
  if (typeof name === 'string' && call.function.name === '') call.function.name = name;
  if (typeof json === 'string') call.function.arguments += json;
  else if (typeof json === 'object' && json !== null) call.function.arguments = JSON.stringify(json);
}

function startCall(draft: Draft, number: number): CallDraft {
  const call: CallDraft = { id: '', function: { name: '', arguments: '' } };
  draft.calls.push(call);
  draft.byIndex.set(number, call);
  return call;
}
