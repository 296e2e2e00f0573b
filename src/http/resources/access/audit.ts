import { createRoute, z } from '@hono/zod-openapi';
import { AUDITED } from '../../../access/audit.ts';
import { auditReport, auditReportOf } from '../../../access/audit-report.ts';
import { strict } from '../../../base/schema/strict-object.ts';
import type { AuditStore } from '../../../storage/audit.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import { createPages, pageOf, pageQuery } from '../../pages.ts';
import { FAULTS } from '../../problem.ts';

const entry = auditReport.meta({ id: 'AuditEntry' });
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
    return c.json({ items: read.slice(0, limit).map(auditReportOf), next_cursor }, 200);
  });
}
