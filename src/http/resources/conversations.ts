import { createRoute } from '@hono/zod-openapi';
import { requestLimit } from '../middleware/request-limit.ts';
import { chatEvent, chatRequest, conversation, conversationPath, errorAnswer, health } from '../schemas.ts';

/** Paths that are answered without a key, for the probes of whoever runs the server. */
export const OPEN_PATHS = ['/healthz', '/readyz'] as const;

const fault = {
  description: 'What went wrong and what to do.',
  content: { 'application/json': { schema: errorAnswer } },
};
const isUp = { description: 'It is.', content: { 'application/json': { schema: health } } };

/** The route table: every documented path with what it takes and gives. */
export const routes = {
  chat: createRoute({
    method: 'post',
    path: '/v1/chat',
    summary: 'Talk to the orchestrator',
    description:
      'Answers as server-sent events: `event:` is the type, `data:` a ChatEvent as JSON. A client that goes away ends the answer; batches that were started go on.',
    middleware: [requestLimit({ maxMib: 1 })],
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
      200: { description: 'Every message of it.', content: { 'application/json': { schema: conversation } } },
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
