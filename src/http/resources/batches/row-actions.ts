import { createRoute, z } from '@hono/zod-openapi';
import { strict } from '../../../base/schema/strict-object.ts';
import { spendingOfRest } from '../../../runner/intake/money/spending.ts';
import { ACCEPTED_USD, approvalOf } from '../../approval.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import type { StartParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';
import { rowPath } from './batch-path.ts';
import { shownBatch } from './create-batch.ts';

const responses = {
  200: { description: 'The batch.', content: { 'application/json': { schema: shownBatch } } },
  ...FAULTS,
};
const tags = ['rows'];
const accepted_usd = z.number().nonnegative().describe(ACCEPTED_USD).exactOptional();

/** What is done to one row: cancel and requeue. */
export function addRowActions({ app, limitBody }: HttpFace, { runnerOf, approval }: StartParts): void {
  const cancel = createRoute({
    method: 'post',
    path: '/v1/batches/{id}/rows/{row}/cancel',
    operationId: 'cancelRow',
    tags,
    summary: 'Cancel one row; the batch goes on',
    description:
      'Within two seconds its calls are aborted and it fails with row_cancelled. A row that waits in a provider job ends when its answer is there.',
    middleware: callerNeeds('run'),
    request: { params: rowPath },
    responses,
  });
  app.openapi(cancel, async (c) => {
    const { id, row } = c.req.valid('param');
    return c.json(await runnerOf(c.get('caller')).cancelRow(id, row), 200);
  });

  const requeue = createRoute({
    method: 'post',
    path: '/v1/batches/{id}/rows/{row}/requeue',
    operationId: 'requeueRow',
    tags,
    summary: 'Run one failed row again, in the same batch',
    description: 'A batch that has ended runs again for this row alone. What it may cost is accepted as at a start.',
    middleware: [callerNeeds('run'), limitBody(1)],
    request: {
      params: rowPath,
      body: { content: { 'application/json': { schema: strict({ accepted_usd }).meta({ id: 'Requeue' }) } } },
    },
    responses,
  });
  app.openapi(requeue, async (c) => {
    const { id, row } = c.req.valid('param');
    const { accepted_usd } = c.req.valid('json') ?? {};
    const caller = c.get('caller');
    const runner = runnerOf(caller);
    const [{ estimate }, before] = [await runner.planRetry(id, { row }), await runner.report(id)];
    const cap = before.options.max_cost_usd ?? undefined;
    const expectedUsd = spendingOfRest(estimate, before, cap);
    await approvalOf({ accepted_usd }, crypto.randomUUID(), approval(caller))({ spending_usd: expectedUsd }, id);
    return c.json(await runner.retry(id, { row }), 200);
  });
}
