import type { Context } from 'hono';
import type { ConversationEvent, Conversations } from '../../../agent/conversation/conversation.ts';
import type { HttpEnv } from '../../http-env.ts';
import { answerProblem, problemOf } from '../../problem.ts';
import type { EventStreams, ServerEvent } from '../../sse.ts';
import type { OpenTurns } from './open-turns.ts';
import { speakerOf } from './speaker-of.ts';

/** The parts of {@link streamChat}. */
export interface ChatStreamParts {
  conversations: Conversations;
  turns: OpenTurns;
  streams: EventStreams;
}

/**
 * Answers one message with server-sent events. A fault before the first event is a plain JSON answer with its status.
 * The turn ends when the client disconnects.
 */
export async function streamChat(
  c: Context<HttpEnv>,
  request: { conversation_id?: string | undefined; message: string },
  { conversations, turns, streams }: ChatStreamParts,
): Promise<Response> {
  const leave = turns.enter();
  const left = new AbortController();
  const { conversation_id: conversationId, message } = request;
  const events = conversations.send({
    ...(conversationId === undefined ? {} : { conversationId }),
    message,
    speaker: speakerOf(c.get('caller')),
    signal: AbortSignal.any([c.req.raw.signal, left.signal, turns.stopping]),
  });
  const reader = events[Symbol.asyncIterator]();
  const first = await reader.next().catch((thrown: unknown) => {
    leave();
    throw thrown;
  });
  if (first.done !== true && first.value.type === 'error') {
    const found = problemOf(first.value);
    await reader.return?.();
    leave();
    return answerProblem(c, found);
  }
  return streams.sendAll(c, fromFirst(first, reader), {
    onLeft: () => left.abort(),
    track: (stream) => turns.track(stream.finally(leave)),
  });
}

/** The events of a turn, the first one of which is read already. */
async function* fromFirst(
  first: IteratorResult<ConversationEvent>,
  reader: AsyncIterator<ConversationEvent>,
): AsyncIterable<ServerEvent> {
  for (let next = first; next.done !== true; next = await reader.next()) {
    yield { event: next.value.type, data: next.value };
  }
}
