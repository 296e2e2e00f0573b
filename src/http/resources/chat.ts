import { createRoute } from '@hono/zod-openapi';
import type { HttpFace } from '../face.ts';
import { callerNeeds } from '../middleware/caller-needs.ts';
import type { TalkParts } from '../parts.ts';
import { FAULTS } from '../problem.ts';
import { chatEvent, chatRequest, conversation, conversationPath } from '../schemas.ts';
import { streamChat } from './chat-stream.ts';
import type { OpenTurns } from './open-turns.ts';
import { speakerOf } from './speaker-of.ts';

/** `POST /v1/chat` and the conversations that it began. */
export function addChatRoutes(
  { app, limitBody, streams }: HttpFace,
  { conversations }: TalkParts,
  turns: OpenTurns,
): void {
  const chat = createRoute({
    method: 'post',
    path: '/v1/chat',
    operationId: 'chat',
    tags: ['chat'],
    summary: 'Talk to the orchestrator',
    description:
      'Answers with server-sent events: `event:` is the type, `data:` a ChatEvent as JSON. The answer ends when the client disconnects; batches that were started continue.',
    middleware: [callerNeeds('run'), limitBody(1)],
    request: { body: { required: true, content: { 'application/json': { schema: chatRequest } } } },
    responses: {
      200: { description: 'A stream of events.', content: { 'text/event-stream': { schema: chatEvent } } },
      ...FAULTS,
    },
  });
  app.openapi(chat, (c) => streamChat(c, c.req.valid('json'), { conversations, turns, streams }));

  const read = createRoute({
    method: 'get',
    path: '/v1/conversations/{id}',
    operationId: 'readConversation',
    tags: ['chat'],
    summary: 'Read a conversation',
    request: { params: conversationPath },
    responses: {
      200: {
        description: 'The conversation with all its messages.',
        content: { 'application/json': { schema: conversation } },
      },
      ...FAULTS,
    },
  });
  app.openapi(read, async (c) =>
    c.json(await conversations.read(c.req.valid('param').id, speakerOf(c.get('caller'))), 200),
  );
}
