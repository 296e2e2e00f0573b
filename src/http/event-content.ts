import { z } from '@hono/zod-openapi';

/** Every stream may end with the event `error`, a problem, or with `stopping`, a message. */
const ENDS = [
  { $ref: '#/components/schemas/Problem' },
  { type: 'object', required: ['message'], properties: { message: { type: 'string' } } },
];

/**
 * The content of an answer of server-sent events, for the schema of a route: the fields of each event.
 * @param names of schemas of the description, which the `data` is JSON of; without names, it is any JSON
 */
export function eventContent(...names: string[]) {
  const data = { anyOf: [...names.map((name) => ({ $ref: `#/components/schemas/${name}` })), ...ENDS] };
  const description = `JSON${names.length === 0 ? '' : `: ${names.join(' or ')}`}. A Problem where the event is error.`;
  const content = { contentMediaType: 'application/json', ...(names.length > 0 && { contentSchema: data }) };
  const schema = z.object({
    event: z.string().openapi({ description: 'The type of the event.' }),
    id: z.string().optional().openapi({ description: 'Sent as Last-Event-ID, it continues the stream there.' }),
    data: z.string().openapi({ description, ...content }),
  });
  return { 'text/event-stream': { schema } };
}
