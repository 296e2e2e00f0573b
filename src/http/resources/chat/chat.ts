import { createRoute, z } from '@hono/zod-openapi';
import { conversationReportOf, SHOWN_CHARACTERS } from '../../../agent/conversation/conversation-report.ts';
import { strict } from '../../../base/schema/strict-object.ts';
import { eventContent } from '../../event-content.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import { createPages, pageOf, pageQuery } from '../../pages.ts';
import type { TalkParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';
import { chatEvent, chatRequest, conversation, conversationPath } from '../../schemas.ts';
import { streamChat } from './chat-stream.ts';
import type { OpenTurns } from './open-turns.ts';
import { speakerOf } from './speaker-of.ts';

const pages = createPages('conversations', z.tuple([z.number(), z.string()]));

const conversationPage = pageOf(
  z
    .object({
      id: z.string(),
      agent: z.string(),
      created_at: z.string(),
      updated_at: z.string(),
      message_count: z.int(),
      first_message: z
        .string()
        .nullable()
        .openapi({ description: `Its first ${SHOWN_CHARACTERS} characters.` }),
    })
    .openapi('ConversationSummary'),
);

/** `POST /v1/chat` and the conversations that it began. */
export function addChatRoutes(
  { app, limitBody, streams }: HttpFace,
  { conversations }: TalkParts,
  turns: OpenTurns,
): void {
  app.openAPIRegistry.register('ChatEvent', chatEvent);
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
      200: { description: 'A stream of events.', content: eventContent('ChatEvent') },
      ...FAULTS,
    },
  });
  app.openapi(chat, (c) => streamChat(c, c.req.valid('json'), { conversations, turns, streams }));

  const list = createRoute({
    method: 'get',
    path: '/v1/conversations',
    operationId: 'listConversations',
    tags: ['chat'],
    summary: 'List your conversations, the last used first',
    middleware: [callerNeeds('read')],
    request: { query: strict(pageQuery()) },
    responses: {
      200: { description: 'A page.', content: { 'application/json': { schema: conversationPage } } },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const position = pages.positionOf(cursor);
    const before = position === undefined ? undefined : { updatedAt: position[0], id: position[1] };
    const found = await conversations.list({ limit: limit + 1, speaker: speakerOf(c.get('caller')), before });
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    const hasMore = found.length > limit && last !== undefined;
    const nextCursor = hasMore ? pages.cursorAt([last.updatedAt, last.id]) : null;
    return c.json({ items: shown.map(conversationReportOf), next_cursor: nextCursor }, 200);
  });

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
