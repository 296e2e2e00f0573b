import { createRoute, z } from '@hono/zod-openapi';
import { strict } from '../../../base/strict-object.ts';
import { ledgerCall } from '../../../runner/contract/ledger.ts';
import type { HttpFace } from '../../face.ts';
import { createPages, pageOf, pageQuery } from '../../pages.ts';
import type { WatchParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';

const call = ledgerCall.meta({ id: 'LedgerCall' });
const pages = createPages('ledger', z.int());
const query = strict({
  ...pageQuery({ most: 1000, limit: 100 }),
  batch_id: z.string().min(1).max(100).openapi({ description: 'The batch whose calls are listed.' }),
});

/** `GET /v1/ledger`: the calls that the sums of a batch are made of. */
export function addLedgerRoute({ app }: HttpFace, { monitoringOf }: Pick<WatchParts, 'monitoringOf'>): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/ledger',
    operationId: 'listLedger',
    tags: ['monitoring'],
    summary: 'List the model calls of a batch with what each cost and saved',
    request: { query },
    responses: {
      200: { description: 'A page of calls.', content: { 'application/json': { schema: pageOf(call) } } },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => {
    const { cursor, limit, batch_id: batchId } = c.req.valid('query');
    const after = pages.positionOf(cursor) ?? 0;
    const found = await monitoringOf(c.get('caller')).ledger({ batchId, after, limit: limit + 1 });
    const last = found.length > limit ? found[limit - 1] : undefined;
    const next_cursor = last === undefined ? null : pages.cursorAt(last.id);
    return c.json({ items: found.slice(0, limit).map((one) => one.call), next_cursor }, 200);
  });
}
