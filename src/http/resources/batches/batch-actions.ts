import { createRoute, z } from '@hono/zod-openapi';
import { strict } from '../../../base/schema/strict-object.ts';
import { estimate as estimateOf } from '../../../runner/contract/report/estimate.ts';
import { resumeRequest, retryRequest } from '../../../runner/contract/request/request.ts';
import { spendingOfRest } from '../../../runner/intake/money/spending.ts';
import { ACCEPTED_USD, approvalOf } from '../../approval.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import type { StartParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';
import { batchPath } from './batch-path.ts';
import { shownBatch } from './create-batch.ts';

const one = { 200: { description: 'The batch.', content: { 'application/json': { schema: shownBatch } } }, ...FAULTS };
const tags = ['batches'];
const retryEstimate = z
  .object({
    rows: z.number().openapi({ description: 'How many rows would run again.' }),
    estimate: estimateOf.nullable().describe('What they may cost; null when unknown.'),
  })
  .openapi('RetryEstimate');
const accepted_usd = z.number().nonnegative().describe(ACCEPTED_USD).exactOptional();

/** What is done to a batch that exists: pause, resume, cancel and retry. */
export function addBatchActions({ app, limitBody }: HttpFace, { runnerOf, approval }: StartParts): void {
  for (const [action, summary] of [
    ['pause', 'Pause a batch: no new row starts after two seconds'],
    ['cancel', 'Cancel a batch; the rows that have ended stay'],
  ] as const) {
    const route = createRoute({
      method: 'post',
      path: `/v1/batches/{id}/${action}`,
      operationId: `${action}Batch`,
      tags,
      summary,
      middleware: callerNeeds('run'),
      request: { params: batchPath },
      responses: one,
    });
    app.openapi(route, async (c) => c.json(await runnerOf(c.get('caller'))[action](c.req.valid('param').id), 200));
  }

  const resume = createRoute({
    method: 'post',
    path: '/v1/batches/{id}/resume',
    operationId: 'resumeBatch',
    tags,
    summary: 'Resume a paused batch',
    description: 'What the remaining rows may cost is accepted as at a start.',
    middleware: [callerNeeds('run'), limitBody(1)],
    request: {
      params: batchPath,
      body: {
        content: {
          'application/json': {
            schema: strict({ ...resumeRequest.shape, accepted_usd }).meta({ id: 'Resume' }),
          },
        },
      },
    },
    responses: one,
  });
  app.openapi(resume, async (c) => {
    const { id } = c.req.valid('param');
    const { accepted_usd, ...change } = c.req.valid('json') ?? {};
    const caller = c.get('caller');
    const runner = runnerOf(caller);
    const before = await runner.report(id);
    if (before.status === 'paused') {
      const cap = change.max_cost_usd ?? before.options.max_cost_usd ?? undefined;
      const expectedUsd = spendingOfRest(before.estimate_rest, before, cap);
      const asked = { accepted_usd, max_cost_usd: change.max_cost_usd };
      await approvalOf(asked, crypto.randomUUID(), approval(caller))({ spending_usd: expectedUsd }, id);
    }
    return c.json(await runner.resume(id, change), 200);
  });

  const estimate = createRoute({
    method: 'post',
    path: '/v1/batches/{id}/retry/estimate',
    operationId: 'estimateRetry',
    tags,
    summary: 'Check and estimate a retry',
    description: 'Changes nothing and spends nothing.',
    middleware: [callerNeeds('read'), limitBody(1)],
    request: {
      params: batchPath,
      body: {
        required: true,
        content: { 'application/json': { schema: strict(retryRequest.shape).meta({ id: 'RetryEstimateRequest' }) } },
      },
    },
    responses: {
      200: { description: 'The rows that would run.', content: { 'application/json': { schema: retryEstimate } } },
      ...FAULTS,
    },
  });
  app.openapi(estimate, async (c) =>
    c.json(await runnerOf(c.get('caller')).planRetry(c.req.valid('param').id, c.req.valid('json')), 200),
  );

  const retry = createRoute({
    method: 'post',
    path: '/v1/batches/{id}/retry',
    operationId: 'retryBatch',
    tags,
    summary: 'Run failed rows again',
    description:
      'expected_rows is the number of rows that the person saw: another number is refused with 409, and nothing is changed.',
    middleware: [callerNeeds('run'), limitBody(1)],
    request: {
      params: batchPath,
      body: {
        required: true,
        content: {
          'application/json': {
            schema: strict({
              ...retryRequest.shape,
              accepted_usd,
            }).meta({ id: 'Retry' }),
          },
        },
      },
    },
    responses: one,
  });
  app.openapi(retry, async (c) => {
    const { id } = c.req.valid('param');
    const { accepted_usd, ...request } = c.req.valid('json');
    const caller = c.get('caller');
    const runner = runnerOf(caller);
    const [{ estimate }, before] = [await runner.planRetry(id, request), await runner.report(id)];
    const cap = request.max_cost_usd ?? before.options.max_cost_usd ?? undefined;
    const expectedUsd = spendingOfRest(estimate, before, cap);
    const asked = { accepted_usd, max_cost_usd: request.max_cost_usd };
    await approvalOf(asked, crypto.randomUUID(), approval(caller))({ spending_usd: expectedUsd }, id);
    return c.json(await runner.retry(id, request), 200);
  });
}
