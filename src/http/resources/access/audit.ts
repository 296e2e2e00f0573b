import { createRoute, z } from '@hono/zod-openapi';
import { AUDITED } from '../../../access/audit.ts';
import { isoTime } from '../../../base/clock.ts';
import { strict } from '../../../base/schema/strict-object.ts';
import type { AuditRecord, AuditStore } from '../../../storage/audit.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import { createPages, pageOf, pageQuery } from '../../pages.ts';
import { FAULTS } from '../../problem.ts';

const entry = z
  .object({
    id: z.int(),
    at: z.string().openapi({ format: 'date-time' }),
    caller_id: z.string(),
    caller_name: z.string(),
    face: z.string(),
    action: z.string(),
    subject: z.string().nullable().openapi({ description: 'What it was done to, such as the id of a batch.' }),
    details: z.record(z.string(), z.unknown()).nullable(),
    outcome: z
      .enum(['done', 'failed', 'unknown'])
      .openapi({ description: 'unknown: it has not ended, or its process ended first.' }),
    code: z.string().nullable().openapi({ description: 'The code of the error.' }),
  })
  .openapi('AuditEntry');

const pages = createPages('audit', z.int());
const query = strict({
  ...pageQuery({ most: 1000, limit: 100 }),
  action: z.enum(AUDITED).optional().openapi({ description: 'Only entries of this action.' }),
  caller_id: z.string().max(80).optional().openapi({ description: 'Only entries of this caller.' }),
});

/** `GET /v1/audit`, for the scope admin. */
export function addAuditRoute({ app }: HttpFace, store: Pick<AuditStore, 'readAudit'>): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/audit',
    operationId: 'listAudit',
    tags: ['access'],
    summary: 'Read the audit log',
    description: 'Starts, confirmations, changes, deletions and the use of keys, the newest first.',
    middleware: callerNeeds('admin'),
    request: { query },
    responses: {
      200: { description: 'A page of entries.', content: { 'application/json': { schema: pageOf(entry) } } },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => {
    const { cursor, limit, action, caller_id: callerId } = c.req.valid('query');
    const read = await store.readAudit({ limit: limit + 1, before: pages.positionOf(cursor), action, callerId });
    const last = read.length > limit ? read[limit - 1] : undefined;
    const next_cursor = last === undefined ? null : pages.cursorAt(last.id);
    return c.json({ items: read.slice(0, limit).map(shown), next_cursor }, 200);
  });
}

function shown({ id, at, callerId, callerName, face, action, subject, details, outcome }: AuditRecord) {
  return {
    ...{ id, at: isoTime(at), caller_id: callerId, caller_name: callerName },
    ...{ face, action, subject, details, code: outcome?.code ?? null },
    outcome: outcome === null ? ('unknown' as const) : outcome.code === null ? ('done' as const) : ('failed' as const),
  };
}
