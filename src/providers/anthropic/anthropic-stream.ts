import type Anthropic from '@anthropic-ai/sdk';
import { parseJson } from '../../base/json/exact-number.ts';
import { invalidResponse } from './anthropic-messages.ts';

/** A message while it is built from events. Read loosely: it is checked when it is complete. */
interface Draft {
  [key: string]: unknown;
  content: Record<string, unknown>[];
  usage: Record<string, unknown>;
}

/**
 * Assembles a streamed answer and passes its text on as it arrives.
 * @returns the message in the shape of an answer that was not streamed
 * @throws AppError `model_response_invalid` when the stream ends early or a tool call's JSON is broken
 */
export async function collectStream(
  events: AsyncIterable<Anthropic.RawMessageStreamEvent>,
  onText: (text: string) => void,
): Promise<unknown> {
  let draft: Draft | undefined;
  const inputs = new Map<number, string>();
  for await (const event of events) {
    if (event.type === 'message_start') draft = startDraft(event.message);
    else if (draft === undefined) throw invalidResponse('its stream does not start with message_start');
    else if (event.type === 'message_stop') return finish(draft, inputs);
    else apply(draft, inputs, event, onText);
  }
  throw invalidResponse('its stream ended before the answer did');
}

function startDraft(message: Anthropic.Message): Draft {
  return { ...message, content: [], usage: { ...message.usage } };
}

function apply(
  draft: Draft,
  inputs: Map<number, string>,
  event: Exclude<Anthropic.RawMessageStreamEvent, { type: 'message_start' | 'message_stop' }>,
  onText: (text: string) => void,
): void {
  switch (event.type) {
    case 'content_block_start':
      draft.content[event.index] = { ...event.content_block };
      if (event.content_block.type === 'text' && event.content_block.text !== '') onText(event.content_block.text);
      break;
    case 'content_block_delta': {
      const block = draft.content[event.index];
      if (block === undefined) throw invalidResponse(`its stream has no start of block ${event.index}`);
      if (event.delta.type === 'text_delta') onText(event.delta.text);
      if (event.delta.type === 'input_json_delta') {
        inputs.set(event.index, (inputs.get(event.index) ?? '') + event.delta.partial_json);
      } else applyDelta(block, event.delta);
      break;
    }
    case 'message_delta': {
      // Counters are totals of the whole message and left out when they don't apply.
      const counters = Object.entries(event.usage).filter(([, value]) => value !== null && value !== undefined);
      Object.assign(draft, event.delta);
      Object.assign(draft.usage, Object.fromEntries(counters));
      break;
    }
    default:
      // content_block_stop and ping hold nothing that is needed.
      break;
  }
}

function applyDelta(block: Record<string, unknown>, delta: Anthropic.RawContentBlockDelta): void {
  const append = (field: string, text: string) => {
    block[field] = `${typeof block[field] === 'string' ? block[field] : ''}${text}`;
  };
  if (delta.type === 'text_delta') append('text', delta.text);
  else if (delta.type === 'thinking_delta') append('thinking', delta.thinking);
  else if (delta.type === 'signature_delta') block['signature'] = delta.signature;
  else if (delta.type === 'citations_delta') {
    const citations = Array.isArray(block['citations']) ? block['citations'] : [];
    block['citations'] = [...citations, delta.citation];
  }
}

function finish(draft: Draft, inputs: ReadonlyMap<number, string>): Draft {
  for (const [index, json] of inputs) {
    const block = draft.content[index];
    if (block !== undefined && json !== '') block['input'] = parseInput(json, draft['stop_reason']);
  }
  return draft;
}

/** The input of a streamed tool call. One that `max_tokens` cut off is left empty: it is never used, and not repaired. */
function parseInput(json: string, stopReason: unknown): unknown {
  try {
    return parseJson(json);
  } catch (cause) {
    if (stopReason === 'max_tokens') return {};
    throw invalidResponse('the input of a tool call is not JSON', cause);
  }
}
