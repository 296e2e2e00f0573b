import { createRoute, z } from '@hono/zod-openapi';
import type { Drafts } from '../../access/drafts.ts';
import { strict } from '../../base/schema/strict-object.ts';
import type { Caller } from '../../runner/contract/caller.ts';
import { draftedRequest, draftReport } from '../../runner/contract/service/draft.ts';
import type { HttpFace } from '../face.ts';
import { callerNeeds } from '../middleware/caller-needs.ts';
import { idempotencyHeader } from '../middleware/idempotency.ts';
import { createPages, pageOf, pageQuery } from '../pages.ts';
import { FAULTS } from '../problem.ts';

const name = z.string().min(1).max(200).nullable().default(null).openapi({ description: 'A name to show.' });
const request = draftedRequest.openapi({ type: 'object' });
const shown = draftReport.extend({ request }).meta({ id: 'Draft' });
const one = { content: { 'application/json': { schema: shown } } };
const path = z.object({ id: z.string().max(80).openapi({ description: 'The id of the draft.' }) });
const tags = ['drafts'];
const pages = createPages('drafts', z.string());

/** `/v1/drafts`: each belongs to the caller that made it. */
export function addDraftRoutes({ app, limitBody, idempotent }: HttpFace, draftsOf: (caller: Caller) => Drafts): void {
  const create = createRoute({
    method: 'post',
    path: '/v1/drafts',
    operationId: 'createDraft',
    tags,
    summary: 'Keep a batch request in the making',
    middleware: [callerNeeds('run'), limitBody(1), idempotent()],
    request: {
      headers: idempotencyHeader,
      body: {
        required: true,
        content: { 'application/json': { schema: strict({ name, request }).meta({ id: 'NewDraft' }) } },
      },
    },
    responses: { 201: { description: 'The draft.', ...one }, ...FAULTS },
  });
  app.openapi(create, async (c) => {
    const draft = await draftsOf(c.get('caller')).create(c.req.valid('json'));
    c.header('Location', `/v1/drafts/${draft.draft_id}`);
    return c.json(draft, 201);
  });

  const list = createRoute({
    method: 'get',
    path: '/v1/drafts',
    operationId: 'listDrafts',
    tags,
    summary: 'List drafts, the newest first',
    middleware: callerNeeds('read'),
    request: { query: strict(pageQuery()) },
    responses: {
      200: { description: 'A page.', content: { 'application/json': { schema: pageOf(shown) } } },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => {
    const { cursor, limit } = c.req.valid('query');
    const found = await draftsOf(c.get('caller')).list({ before: pages.positionOf(cursor), limit: limit + 1 });
    const last = found.length > limit ? found[limit - 1] : undefined;
    const next_cursor = last === undefined ? null : pages.cursorAt(last.draft_id);
    return c.json({ items: found.slice(0, limit), next_cursor }, 200);
  });

  const read = createRoute({
    method: 'get',
    path: '/v1/drafts/{id}',
    operationId: 'readDraft',
    tags,
    summary: 'Show a draft',
    middleware: callerNeeds('read'),
    request: { params: path },
    responses: { 200: { description: 'The draft.', ...one }, ...FAULTS },
  });
  app.openapi(read, async (c) => c.json(await draftsOf(c.get('caller')).show(c.req.valid('param').id), 200));

  const change = createRoute({
    method: 'put',
    path: '/v1/drafts/{id}',
    operationId: 'changeDraft',
    tags,
    summary: 'Replace a draft',
    description: 'revision is that of the draft that was read: after another change the request is refused with 409.',
    middleware: [callerNeeds('run'), limitBody(1)],
    request: {
      params: path,
      body: {
        required: true,
        content: {
          'application/json': {
            schema: strict({ name, request, revision: z.int().min(1) }).meta({ id: 'DraftChange' }),
          },
        },
      },
    },
    responses: { 200: { description: 'The draft.', ...one }, ...FAULTS },
  });
  app.openapi(change, async (c) =>
    c.json(await draftsOf(c.get('caller')).change(c.req.valid('param').id, c.req.valid('json')), 200),
  );

  const remove = createRoute({
    method: 'delete',
    path: '/v1/drafts/{id}',
    operationId: 'deleteDraft',
    tags,
    summary: 'Delete a draft',
    middleware: callerNeeds('run'),
    request: { params: path },
    responses: { 204: { description: 'It is deleted.' }, ...FAULTS },
  });
  app.openapi(remove, async (c) => {
    await draftsOf(c.get('caller')).remove(c.req.valid('param').id);
    return c.body(null, 204);
  });
}
