import { z } from '@hono/zod-openapi';
import { strict } from '../base/schema/strict-object.ts';
import type { Message } from '../protocol/messages.ts';

/** The body of `POST /v1/chat`. */
export const chatRequest = strict({
  conversation_id: z
    .string()
    .min(1)
    .optional()
    .openapi({ description: 'The conversation to continue; without it, a new one starts.' }),
  message: z
    .string()
    .refine((text) => text.trim() !== '', 'must not be empty')
    .openapi({
      description: 'The message of the person.',
      example: 'Check broadband for every address in addresses.csv',
    }),
}).openapi('ChatRequest');

const usage = z
  .object({
    inputTokens: z.number(),
    outputTokens: z.number(),
    cacheWriteTokens: z.number(),
    cacheReadTokens: z.number(),
  })
  .openapi('Usage', { description: 'Tokens; `inputTokens` does not contain the cached ones.' });

const costUsd = z.number().nullable().openapi({ description: 'Dollars; null when the price of a model is not known.' });

const toolUse = { tool_use_id: z.string(), name: z.string() };

/** The data of one server-sent event; `type` is also the event's name. */
export const chatEvent = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('conversation'),
      conversation_id: z.string(),
      agent: z.string(),
      model: z.string(),
      stand_in: z.string().nullable().openapi({ description: 'Set when no real model answers.' }),
    }),
    z.object({ type: z.literal('text-delta'), text: z.string() }),
    z.object({ type: z.literal('tool-call-start'), ...toolUse, input: z.unknown() }),
    z.object({
      type: z.literal('tool-call-end'),
      ...toolUse,
      is_error: z.boolean(),
      content: z.unknown(),
      duration_ms: z.number(),
    }),
    z.object({ type: z.literal('warning'), message: z.string() }),
    z.object({ type: z.literal('turn-end'), stop_reason: z.string(), usage, cost_usd: costUsd }),
    z.object({
      type: z.literal('done'),
      conversation_id: z.string(),
      stop_reason: z.string(),
      usage,
      cost_usd: costUsd,
    }),
    z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
  ])
  .openapi('ChatEvent');

/** The path parameters of `GET /v1/conversations/{id}`. */
export const conversationPath = z.object({ id: z.string().openapi({ example: 'conv_0b5c' }) });

/** A stored message: of a person, of the model, or the results of its tool calls. */
const message = z.custom<Message>().openapi('Message', {
  type: 'object',
  required: ['role', 'content'],
  properties: {
    role: { type: 'string', enum: ['user', 'assistant'] },
    content: {
      oneOf: [
        { type: 'string' },
        { type: 'array', items: { type: 'object', required: ['type'], properties: { type: { type: 'string' } } } },
      ],
    },
  },
});

/** A stored conversation. */
export const conversation = z
  .object({
    id: z.string(),
    agent: z.string(),
    created_at: z.string().openapi({ format: 'date-time' }),
    updated_at: z.string().openapi({ format: 'date-time' }),
    messages: z.array(message),
    answering: z.boolean().openapi({ description: 'Whether its last message is being answered.' }),
    cost_usd: costUsd,
  })
  .openapi('Conversation');

/** The body of the health probes. */
export const health = z.object({ status: z.literal('ok'), version: z.string() }).openapi('Health');
