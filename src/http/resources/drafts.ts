import { createRoute, z } from '@hono/zod-openapi';
import { isoTime } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { strict } from '../../base/schema/strict-object.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import { batchRequest } from '../../runner/contract/request/request.ts';
import type { DraftRecord, DraftStore } from '../../storage/drafts.ts';
import type { HttpFace } from '../face.ts';
import { callerNeeds } from '../middleware/caller-needs.ts';
import { idempotencyHeader } from '../middleware/idempotency.ts';
import { createPages, pageOf, pageQuery } from '../pages.ts';
import { FAULTS } from '../problem.ts';

/** The parts of the routes of drafts. */
export interface DraftParts {
  store: DraftStore;
  newId: () => string;
  now: () => number;
}

const name = z.string().min(1).max(200).nullable().default(null).openapi({ description: 'A name to show.' });
const request = z
  .looseObject({})
  .refine((given) => Object.keys(given).every((key) => key in batchRequest.shape), {
    error: ({ input }) =>
      `has the unknown keys ${Object.keys(input as object)
        .filter((key) => !(key in batchRequest.shape))
        .join(', ')}`,
  })
  .openapi({
    type: 'object',
    description: 'A batch request in the making: any of its fields, whose values may be unfinished.',
  });
const shown = z
  .object({
    draft_id: z.string(),
    name: z.string().nullable(),
    request,
    revision: z.number().openapi({ description: 'From 1, one more with each change.' }),
    created_at: z.string().openapi({ format: 'date-time' }),
    updated_at: z.string().openapi({ format: 'date-time' }),
  })
  .openapi('Draft');
const one = { content: { 'application/json': { schema: shown } } };
const path = z.object({ id: z.string().max(80).openapi({ description: 'The id of the draft.' }) });
const tags = ['drafts'];
const pages = createPages('drafts', z.string());

/** `/v1/drafts`: each belongs to the caller that made it. */
export function addDraftRoutes({ app, limitBody, idempotent }: HttpFace, { store, newId, now }: DraftParts): void {
  async function find(id: string, owner: string): Promise<DraftRecord> {
    const found = await store.readDraft(id);
    if (found === undefined || found.owner !== owner) throw new AppError('not_found', `There is no draft "${id}".`);
    return found;
  }

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
    const given = c.req.valid('json');
    const owner = c.get('caller').id;
    const draft = await store.insertDraft({
      ...{ id: newId(), owner, name: given.name, createdAt: now() },
      request: given.request as JsonObject,
    });
    c.header('Location', `/v1/drafts/${draft.id}`);
    return c.json(shownDraft(draft), 201);
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
    const before = pages.positionOf(cursor);
    const page = { owner: c.get('caller').id, limit: limit + 1, ...(before !== undefined && { before }) };
    const found = await store.listDrafts(page);
    const last = found.length > limit ? found[limit - 1] : undefined;
    const items = found.slice(0, limit).map(shownDraft);
    return c.json({ items, next_cursor: last === undefined ? null : pages.cursorAt(last.id) }, 200);
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
  app.openapi(read, async (c) => c.json(shownDraft(await find(c.req.valid('param').id, c.get('caller').id)), 200));

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
  app.openapi(change, async (c) => {
    const { id } = c.req.valid('param');
    const given = c.req.valid('json');
    const before = await find(id, c.get('caller').id);
    const changed = await store.updateDraft(id, { ...given, request: given.request as JsonObject, at: now() });
    if (changed !== undefined) return c.json(shownDraft(changed), 200);
    const message = `The draft is at revision ${before.revision}, not ${given.revision}: it was changed in the meantime.`;
    throw new AppError('draft_conflict', `${message} Read it again.`, {
      faults: [{ place: 'body.revision', message, fix: 'Read the draft again, then change it.' }],
    });
  });

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
    const { id } = await find(c.req.valid('param').id, c.get('caller').id);
    await store.removeDraft(id);
    return c.body(null, 204);
  });
}

function shownDraft({ id, name: title, request: kept, revision, createdAt, updatedAt }: DraftRecord) {
  return {
    ...{ draft_id: id, name: title, request: kept as { [key: string]: unknown }, revision },
    created_at: isoTime(createdAt),
    updated_at: isoTime(updatedAt),
  };
}
