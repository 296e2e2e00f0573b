import { unreachable } from '../../base/errors.ts';
import { type Json, textOf } from '../../protocol/messages.ts';
import type { CallModel, RunEvent } from '../../protocol/run.ts';
import type { ConversationEvent } from './conversation.ts';
import type { TurnCosts } from './turn-costs.ts';

/** The chat events for an event of the run; none for events that a chat client does not need. */
export function conversationEvents(event: RunEvent, costs: Pick<TurnCosts, 'costOf'>): ConversationEvent[] {
  switch (event.type) {
    case 'turn-start':
      return [];
    case 'text-delta':
      return [{ type: 'text-delta', text: event.text }];
    case 'tool-call-start':
      return [{ type: 'tool-call-start', tool_use_id: event.toolUseId, name: event.name, input: asJson(event.input) }];
    case 'tool-call-end': {
      const end: ConversationEvent = {
        type: 'tool-call-end',
        tool_use_id: event.toolUseId,
        name: event.name,
        is_error: event.result.isError,
        content: event.result.structured ?? event.result.content,
        duration_ms: Math.round(event.durationMs),
      };
      return event.result.isRepaired === true ? [end, halfCharacter(`The result of ${event.name}`)] : [end];
    }
    case 'turn-end': {
      const { usage, stopReason, turn } = event;
      return [{ type: 'turn-end', stop_reason: stopReason, usage, cost_usd: costs.costOf(turn) }];
    }
    default:
      return unreachable(event);
  }
}

/** The warning about a text that was repaired before it was sent or stored. @param text what it is, as a subject */
export function halfCharacter(text: string): ConversationEvent {
  const message = `${text} held half a character (text that was cut within one): it is replaced by U+FFFD.`;
  return { type: 'warning', message };
}

/** A tool's input was parsed from JSON; only `undefined` is not JSON. */
function asJson(input: unknown): Json {
  return (input ?? null) as Json;
}

/**
 * The same `callModel`, but `onText` always gets the text. An answer that was not streamed, because it was replayed from
 * the journal or its provider can't stream, is passed as a whole.
 */
export function alwaysSpeaking(callModel: CallModel): CallModel {
  return async (call) => {
    const { onText } = call;
    if (onText === undefined) return callModel(call);
    let hasSpoken = false;
    const speak = (text: string) => {
      hasSpoken = true;
      onText(text);
    };
    const response = await callModel({ ...call, onText: speak });
    const text = textOf(response.content);
    if (!hasSpoken && text !== '') onText(text);
    return response;
  };
}

/**
 * The events that `produce` emits, in order, as an async iterable. `produce` starts with the first read.
 * Contract: a reader that stops early aborts the signal and waits until `produce` has ended, so that it can still store.
 */
export async function* eventsOf<Event>(
  signal: AbortSignal,
  produce: (emit: (event: Event) => void, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<Event, void, undefined> {
  const queue: Event[] = [];
  const left = new AbortController();
  let isOver = false;
  let wake: () => void = () => undefined;
  const emit = (event: Event) => {
    queue.push(event);
    wake();
  };
  const production = produce(emit, AbortSignal.any([signal, left.signal])).finally(() => {
    isOver = true;
    wake();
  });
  try {
    while (true) {
      const event = queue.shift();
      if (event !== undefined) yield event;
      else if (isOver) break;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    left.abort();
    await production;
  }
}
