import { createRoute } from '@hono/zod-openapi';
import { chatEvent, chatRequest, conversation, conversationPath, errorAnswer, health } from '../schemas.ts';

/** Paths that are answered without a key, for health probes. */
export const OPEN_PATHS = ['/healthz', '/readyz'] as const;

const fault = {
  description: 'What went wrong and what to do.',
  content: { 'application/json': { schema: errorAnswer } },
};
const isUp = { description: 'Yes.', content: { 'application/json': { schema: health } } };

/** The route table: every documented path with its request and its answers. */
export const routes = {
  chat: createRoute({
    method: 'post',
    path: '/v1/chat',
    summary: 'Talk to the orchestrator',
    description:
      'Answers with server-sent events: `event:` is the type, `data:` a ChatEvent as JSON. The answer ends when the client disconnects; batches that were started continue.',
    request: { body: { required: true, content: { 'application/json': { schema: chatRequest } } } },
    responses: {
      200: { description: 'A stream of events.', content: { 'text/event-stream': { schema: chatEvent } } },
      default: fault,
    },
  }),
  conversation: createRoute({
    method: 'get',
    path: '/v1/conversations/{id}',
    summary: 'Read a conversation',
    request: { params: conversationPath },
    responses: {
      200: {
        description: 'The conversation with all its messages.',
        content: { 'application/json': { schema: conversation } },
      },
      default: fault,
    },
  }),
  healthz: createRoute({
    method: 'get',
    path: '/healthz',
    summary: 'Whether the process answers',
    security: [],
    responses: { 200: isUp },
  }),
  readyz: createRoute({
    method: 'get',
    path: '/readyz',
    summary: 'Whether the store can be used',
    security: [],
    responses: { 200: isUp, default: fault },
  }),
};
