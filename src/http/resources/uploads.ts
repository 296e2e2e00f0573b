import { createRoute, z } from '@hono/zod-openapi';
import type { Access } from '../../access/access.ts';
import { deleteUpload } from '../../access/delete-upload.ts';
import { strict } from '../../base/schema/strict-object.ts';
import { reportUpload, uploadReport } from '../../uploads/upload-report.ts';
import { uploadViewer } from '../../uploads/upload-viewer.ts';
import type { Upload, Uploads } from '../../uploads/uploads.ts';
import type { HttpFace } from '../face.ts';
import { callerNeeds } from '../middleware/caller-needs.ts';
import { createPages, pageOf, pageQuery } from '../pages.ts';
import { FAULTS } from '../problem.ts';

const shown = uploadReport.meta({ id: 'Upload' });
const one = { content: { 'application/json': { schema: shown } } };
const bytes = { content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } } };
const path = z.object({ id: z.string().max(80).openapi({ description: 'The id of the upload.' }) });
const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits')
  .optional()
  .openapi({ description: 'The SHA-256 of the whole file: other bytes are refused.' });
const tags = ['uploads'];
const pages = createPages('uploads', z.string());

/** `/v1/uploads`. */
export function addUploadRoutes({ app, idempotent }: HttpFace, uploads: Uploads, { audit }: Access): void {
  const create = createRoute({
    method: 'post',
    path: '/v1/uploads',
    operationId: 'createUpload',
    tags,
    summary: 'Send a file, or announce one that is sent in parts',
    description:
      'The body is the file. With the query length there is no body: send the bytes with PATCH. Nothing stays of a body that does not arrive as a whole.',
    middleware: [callerNeeds('run'), idempotent({ body: 'streamed' })],
    request: {
      query: strict({
        name: z
          .string()
          .min(1)
          .max(255)
          .regex(/^[^/\\\0]+$/, 'must be a file name without folders')
          .openapi({ description: 'The name of the file; its extension decides the format.', example: 'people.csv' }),
        length: z.coerce
          .number()
          .int()
          .min(1)
          .optional()
          .openapi({ type: 'integer', description: 'The size of a file that is sent in parts.' }),
        sha256,
      }),
      body: bytes,
    },
    responses: { 201: { description: 'The upload.', ...one }, ...FAULTS },
  });
  app.openapi(create, async (c) => {
    const { name, length, sha256: digest } = c.req.valid('query');
    const owner = c.get('caller').id;
    const size = Number(c.req.header('content-length') ?? Number.NaN);
    const upload =
      length !== undefined
        ? await uploads.announce({ name, bytes: length }, owner)
        : await uploads.receive({ name, bytes: Number.isNaN(size) ? undefined : size, sha256: digest }, owner, {
            body: bodyOf(c.req.raw),
            signal: c.req.raw.signal,
          });
    c.header('Location', `/v1/uploads/${upload.id}`);
    c.header('Upload-Offset', String(upload.offset));
    return c.json(reportUpload(upload), 201);
  });

  const append = createRoute({
    method: 'patch',
    path: '/v1/uploads/{id}',
    operationId: 'appendToUpload',
    tags,
    summary: 'Send the next bytes of a file',
    description:
      'Upload-Offset must be the number of bytes that have arrived: GET or HEAD tells it. Bytes that arrived before a break stay. The last byte completes the upload.',
    middleware: callerNeeds('run'),
    request: {
      params: path,
      headers: z.object({
        'upload-offset': z.coerce
          .number()
          .int()
          .min(0)
          .openapi({ type: 'integer', description: 'Where these bytes belong.' }),
      }),
      query: strict({ sha256 }),
      body: bytes,
    },
    responses: { 200: { description: 'The upload.', ...one }, ...FAULTS },
  });
  app.openapi(append, async (c) => {
    const { raw } = c.req;
    const upload = await uploads.append(c.req.valid('param').id, {
      ...uploadViewer(c.get('caller')),
      offset: c.req.valid('header')['upload-offset'],
      sha256: c.req.valid('query').sha256,
      body: bodyOf(raw),
      signal: raw.signal,
    });
    c.header('Upload-Offset', String(upload.offset));
    return c.json(reportUpload(upload), 200);
  });

  const list = createRoute({
    method: 'get',
    path: '/v1/uploads',
    operationId: 'listUploads',
    tags,
    summary: 'List uploads, the newest first',
    description: 'Those of the caller; with the scope admin those of everyone.',
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
    const found = await uploads.list({
      ...uploadViewer(c.get('caller')),
      limit: limit + 1,
      ...(before !== undefined && { before }),
    });
    const last: Upload | undefined = found.length > limit ? found[limit - 1] : undefined;
    const items = found.slice(0, limit).map(reportUpload);
    return c.json({ items, next_cursor: last === undefined ? null : pages.cursorAt(last.id) }, 200);
  });

  const read = createRoute({
    method: 'get',
    path: '/v1/uploads/{id}',
    operationId: 'readUpload',
    tags,
    summary: 'Show an upload',
    middleware: callerNeeds('read'),
    request: { params: path },
    responses: { 200: { description: 'The upload.', ...one }, ...FAULTS },
  });
  app.openapi(read, async (c) => {
    const upload = await uploads.read(c.req.valid('param').id, uploadViewer(c.get('caller')));
    c.header('Upload-Offset', String(upload.offset));
    return c.json(reportUpload(upload), 200);
  });

  const remove = createRoute({
    method: 'delete',
    path: '/v1/uploads/{id}',
    operationId: 'deleteUpload',
    tags,
    summary: 'Delete an upload',
    description: 'Refused with 409 while a draft, or a batch that has not ended, names it.',
    middleware: callerNeeds('run'),
    request: { params: path },
    responses: { 204: { description: 'It is deleted.' }, ...FAULTS },
  });
  app.openapi(remove, async (c) => {
    await deleteUpload(c.req.valid('param').id, c.get('caller'), { uploads, audit });
    return c.body(null, 204);
  });
}

async function* bodyOf({ body }: Request): AsyncGenerator<Uint8Array> {
  if (body !== null) yield* body as unknown as AsyncIterable<Uint8Array>;
}
