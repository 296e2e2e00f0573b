import { createRoute, z } from '@hono/zod-openapi';
import type { Access } from '../../../access/access.ts';
import { keyInfo, keyRequest } from '../../../access/key-info.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import { FAULTS } from '../../problem.ts';

const shown = keyInfo.meta({ id: 'Key' });
const created = shown
  .extend({ secret: z.string().openapi({ description: 'The key itself. It is shown here only.' }) })
  .openapi('NewKey');
const tags = ['access'];

/** `/v1/keys`, for the scope admin. */
export function addKeyRoutes({ app, limitBody }: HttpFace, { keys }: Access): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/keys',
    operationId: 'listKeys',
    tags,
    summary: 'List the keys of clients',
    middleware: callerNeeds('admin'),
    responses: {
      200: {
        description: 'The keys, the newest first.',
        content: { 'application/json': { schema: z.object({ items: z.array(shown) }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => c.json({ items: await keys.list() }, 200));

  const create = createRoute({
    method: 'post',
    path: '/v1/keys',
    operationId: 'createKey',
    tags,
    summary: 'Make a key',
    description:
      'Takes no Idempotency-Key, because the answer has a secret that is not kept. A name can be used once: a repeated request gets 409.',
    middleware: [callerNeeds('admin'), limitBody(1)],
    request: {
      body: { required: true, content: { 'application/json': { schema: keyRequest.meta({ id: 'KeyRequest' }) } } },
    },
    responses: {
      201: { description: 'The key.', content: { 'application/json': { schema: created } } },
      ...FAULTS,
    },
  });
  app.openapi(create, async (c) => {
    const { key, secret } = await keys.create(c.req.valid('json'), c.get('caller'));
    c.header('Cache-Control', 'no-store');
    return c.json({ ...key, secret }, 201);
  });

  const revoke = createRoute({
    method: 'delete',
    path: '/v1/keys/{key}',
    operationId: 'revokeKey',
    tags,
    summary: 'Revoke a key',
    middleware: callerNeeds('admin'),
    request: { params: z.object({ key: z.string().min(1).max(80).openapi({ description: 'Its id or its name.' }) }) },
    responses: {
      200: { description: 'The revoked key.', content: { 'application/json': { schema: shown } } },
      ...FAULTS,
    },
  });
  app.openapi(revoke, async (c) => c.json(await keys.revoke(c.req.valid('param').key, c.get('caller')), 200));
}
