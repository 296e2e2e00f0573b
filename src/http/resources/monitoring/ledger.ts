import { createRoute, z } from '@hono/zod-openapi';
import { strict } from '../../../base/schema/strict-object.ts';
import { period } from '../../../runner/contract/report/usage.ts';
import { ledgerCall } from '../../../runner/contract/service/ledger.ts';
import type { HttpFace } from '../../face.ts';
import { createPages, pageOf, pageQuery } from '../../pages.ts';
import type { WatchParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';

const call = ledgerCall.meta({ id: 'LedgerCall' });
const pages = createPages('ledger', z.string());
const query = strict({
  ...pageQuery({ most: 1000, limit: 100 }),
  from: period.from.describe('Only calls that were answered from this time on.'),
  to: period.to.describe('Only calls that were answered before this time.'),
  batch_id: z.string().min(1).max(100).optional().openapi({
    description:
      'The batch whose calls are listed. Without it, the calls outside of batches: conversations, trials and suggestions.',
  }),
});

/** `GET /v1/ledger`: the calls that the sums of a batch, or outside of batches, are made of. */
export function addLedgerRoute({ app }: HttpFace, { monitoringOf }: Pick<WatchParts, 'monitoringOf'>): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/ledger',
    operationId: 'listLedger',
    tags: ['monitoring'],
    summary: 'List the model calls of a batch, or outside of batches, with what each cost and saved',
    request: { query },
    responses: {
      200: { description: 'A page of calls.', content: { 'application/json': { schema: pageOf(call) } } },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => {
    const { cursor, batch_id: batchId, ...page } = c.req.valid('query');
    const { calls, next } = await monitoringOf(c.get('caller')).ledger({
      ...{ batchId, after: pages.positionOf(cursor), ...page },
    });
    return c.json({ items: calls, next_cursor: next === null ? null : pages.cursorAt(next) }, 200);
  });
}
