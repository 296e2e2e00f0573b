import { createRoute, z } from '@hono/zod-openapi';
import { strict } from '../../../base/schema/strict-object.ts';
import { batchPlan } from '../../../runner/contract/report/plan.ts';
import { batchReport } from '../../../runner/contract/report/report.ts';
import { appended, appendRequest, collectRequest, sealRequest } from '../../../runner/contract/request/collect.ts';
import { batchRequest } from '../../../runner/contract/request/request.ts';
import { ACCEPTED_USD, approvalOf } from '../../approval.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import { idempotencyHeader } from '../../middleware/idempotency.ts';
import type { StartParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';

const accepted_usd = z.number().nonnegative().describe(ACCEPTED_USD).exactOptional();
const ofTable = strict({ ...batchRequest.shape, accepted_usd }).meta({ id: 'BatchRequest' });
const ofRows = collectRequest.meta({ id: 'CollectRequest' });
const run = strict({ ...sealRequest.shape, accepted_usd }).meta({ id: 'RunRequest' });
/** A batch as REST shows it. */
export const shownBatch = batchReport.meta({ id: 'Batch' });
/** A plan as REST shows it. */
export const shownPlan = batchPlan.meta({ id: 'Plan' });
const batch = { content: { 'application/json': { schema: shownBatch } } };
const params = z.object({ id: z.string().min(1).max(80).openapi({ description: 'The id of the batch.' }) });
const headers = idempotencyHeader;
const tags = ['batches'];

/** Starting batches: from a table, or of rows that are appended before it runs. */
export function addCreateBatchRoutes(
  { app, limitBody, idempotent }: HttpFace,
  { runnerOf, approval }: StartParts,
): void {
  const create = createRoute({
    method: 'post',
    path: '/v1/batches',
    operationId: 'createBatch',
    tags,
    summary: 'Start a batch over a table, or create one whose rows are appended',
    description: 'With csv_uri the batch starts. With columns it collects rows, and starts with …/run.',
    middleware: [limitBody(4), idempotent()],
    request: {
      headers,
      body: { required: true, content: { 'application/json': { schema: z.union([ofTable, ofRows]) } } },
    },
    responses: {
      200: { description: 'The batch that was created before with this options.idempotency_key.', ...batch },
      201: { description: 'The batch.', ...batch },
      ...FAULTS,
    },
  });
  app.openapi(create, async (c) => {
    const body = c.req.valid('json');
    const runner = runnerOf(c.get('caller'));
    if (!('csv_uri' in body)) {
      const collected = await runner.collect(body);
      c.header('Location', `/v1/batches/${collected.report.batch_id}`);
      return c.json(collected.report, collected.started ? 201 : 200);
    }
    const { accepted_usd: accepted, ...request } = body;
    const asked = { accepted_usd: accepted, max_cost_usd: request.options?.max_cost_usd };
    const approve = approvalOf(asked, request.options?.idempotency_key, approval(c.get('caller')));
    const { report: created, started } = await runner.create(request, approve);
    c.header('Location', `/v1/batches/${created.batch_id}`);
    return c.json(created, started ? 201 : 200);
  });

  const append = createRoute({
    method: 'post',
    path: '/v1/batches/{id}/rows',
    operationId: 'appendRows',
    tags,
    summary: 'Append rows to a batch that collects them',
    description: 'The Idempotency-Key is kept with the rows: repeated at any time, it appends nothing.',
    middleware: limitBody(32),
    request: {
      params,
      headers,
      body: {
        required: true,
        content: { 'application/json': { schema: appendRequest.meta({ id: 'AppendRequest' }) } },
      },
    },
    responses: {
      200: {
        description: 'The rows.',
        content: { 'application/json': { schema: appended.meta({ id: 'AppendedRows' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(append, async (c) => {
    const key = c.req.valid('header')['idempotency-key'];
    const body = c.req.valid('json');
    const request = key === undefined ? body : { idempotency_key: key.slice(0, 200), ...body };
    return c.json(await runnerOf(c.get('caller')).append(c.req.valid('param').id, request), 200);
  });

  const estimate = createRoute({
    method: 'post',
    path: '/v1/batches/{id}/run/estimate',
    operationId: 'estimateRun',
    tags,
    summary: 'Check and estimate a batch over the rows that it has collected',
    description: 'Starts nothing and spends nothing.',
    middleware: [callerNeeds('read'), limitBody(1)],
    request: {
      params,
      body: {
        required: true,
        content: { 'application/json': { schema: sealRequest.meta({ id: 'RunEstimateRequest' }) } },
      },
    },
    responses: {
      200: {
        description: 'The plan, with every reason why it can not run.',
        content: { 'application/json': { schema: shownPlan } },
      },
      ...FAULTS,
    },
  });
  app.openapi(estimate, async (c) =>
    c.json(await runnerOf(c.get('caller')).planRun(c.req.valid('param').id, c.req.valid('json')), 200),
  );

  const start = createRoute({
    method: 'post',
    path: '/v1/batches/{id}/run',
    operationId: 'runBatch',
    tags,
    summary: 'Start a batch that has collected its rows',
    middleware: [limitBody(1), idempotent()],
    request: { params, headers, body: { required: true, content: { 'application/json': { schema: run } } } },
    responses: { 200: { description: 'The batch.', ...batch }, ...FAULTS },
  });
  app.openapi(start, async (c) => {
    const { accepted_usd: accepted, ...request } = c.req.valid('json');
    const asked = { accepted_usd: accepted, max_cost_usd: request.options?.max_cost_usd };
    const approve = approvalOf(asked, undefined, approval(c.get('caller')));
    const started = await runnerOf(c.get('caller')).run(c.req.valid('param').id, request, approve);
    return c.json(started.report, 200);
  });
}
