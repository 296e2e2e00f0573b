import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import type { ConversationEvent, Conversations } from '../../agent/conversation/conversation.ts';
import type { AuthEnv } from '../middleware/bearer-auth.ts';
import { statusOf } from '../middleware/error-status.ts';
import { errorBody } from '../middleware/on-error.ts';
import type { OpenTurns } from './open-turns.ts';

/** The parts and options of {@link streamChat}. */
export interface ChatStreamOptions {
  conversations: Conversations;
  turns: OpenTurns;
  /** How often a comment keeps an idle stream open, in milliseconds: proxies cut at 30 or 60 s of silence. */
  keepAliveMs: number;
}

/**
 * Answers one message with server-sent events. A fault before the first event is a plain JSON answer with its status.
 * The turn ends when the client disconnects.
 */
export async function streamChat(
  c: Context<AuthEnv>,
  request: { conversation_id?: string | undefined; message: string },
  { conversations, turns, keepAliveMs }: ChatStreamOptions,
): Promise<Response> {
  const leave = turns.enter();
  const left = new AbortController();
  const { conversation_id: conversationId, message } = request;
  const events = conversations.send({
    ...(conversationId === undefined ? {} : { conversationId }),
    message,
    speaker: c.get('callerId'),
    signal: AbortSignal.any([c.req.raw.signal, left.signal, turns.stopping]),
  });
  const reader = events[Symbol.asyncIterator]();
  const first = await reader.next().catch((thrown: unknown) => {
    leave();
    throw thrown;
  });
  if (first.done !== true && first.value.type === 'error') {
    const { code, message: reason } = first.value;
    await reader.return?.();
    leave();
    return c.json(errorBody(code, reason), statusOf(code));
  }
  // Without this header, buffering proxies hold the answer back until its end.
  c.header('X-Accel-Buffering', 'no');
  return streamSSE(c, (stream) => {
    stream.onAbort(() => left.abort());
    return turns.track(pump(stream, { first, reader, keepAliveMs }).finally(leave));
  });
}

interface Pump {
  first: IteratorResult<ConversationEvent>;
  reader: AsyncIterator<ConversationEvent>;
  keepAliveMs: number;
}

/** Writes every event. After the client has disconnected, keeps reading until the turn is over and stored. */
async function pump(stream: SSEStreamingApi, { first, reader, keepAliveMs }: Pump): Promise<void> {
  const keepAlive = setInterval(() => void stream.write(': keep-alive\n\n'), keepAliveMs);
  try {
    for (let next = first; next.done !== true; next = await reader.next()) {
      const event = next.value;
      if (!stream.aborted) await stream.writeSSE({ event: event.type, data: JSON.stringify(event) });
    }
  } finally {
    clearInterval(keepAlive);
  }
}
