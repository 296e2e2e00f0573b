import { createRoute, z } from '@hono/zod-openapi';
import { strict } from '../../../base/schema/strict-object.ts';
import { batchFlow } from '../../../runner/contract/report/flow.ts';
import { batchReport } from '../../../runner/contract/report/report.ts';
import { batchStatistics } from '../../../runner/contract/report/statistics.ts';
import { batchTuning } from '../../../runner/contract/request/options.ts';
import { batchRequest } from '../../../runner/contract/request/request.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import { reportEtag } from '../../middleware/report-etag.ts';
import { createPages, pageOf, pageQuery } from '../../pages.ts';
import type { StartParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';
import { batchPath } from './batch-path.ts';
import { shownBatch, shownPlan } from './create-batch.ts';

const one = { content: { 'application/json': { schema: shownBatch } } };
const tags = ['batches'];
const newestFirst = createPages('batches', z.string());
const oldestFirst = createPages('batches, the oldest first', z.string());
const { reading, target, input_mapping, output_mapping, continues } = batchRequest.shape;
const continued = strict({ reading, target, input_mapping, output_mapping, continues });
const statuses = z.array(z.enum(batchReport.shape.status.options));
const listQuery = strict({
  ...pageQuery({ limit: 20 }),
  status: z
    .union([z.string(), z.array(z.string())])
    .transform((given) => (Array.isArray(given) ? given : given.split(',')))
    .pipe(statuses)
    .exactOptional()
    .openapi({
      type: 'array',
      items: { type: 'string', enum: [...batchReport.shape.status.options] },
      description: 'Only batches with one of these; several with commas.',
    }),
  agent: z.string().min(1).max(200).exactOptional().openapi({ description: 'Only those of this agent, by its name.' }),
  text: z
    .string()
    .min(1)
    .max(200)
    .exactOptional()
    .openapi({ description: 'Only those with this text in their id, name, agent or source, in either case.' }),
  sort: z
    .enum(['-created', 'created'])
    .default('-created')
    .openapi({ description: 'The newest first (-created), or the oldest.' }),
});

/** `/v1/batches` and `/v1/estimates`. */
export function addBatchRoutes({ app, limitBody }: HttpFace, { runnerOf }: StartParts): void {
  const estimate = createRoute({
    method: 'post',
    path: '/v1/estimates',
    operationId: 'estimateBatch',
    tags,
    summary: 'Check and estimate a batch request',
    description:
      'Starts nothing and spends nothing. execution has the estimate of either way, in real time and by the batch API.',
    middleware: [callerNeeds('read'), limitBody(4)],
    request: {
      body: {
        required: true,
        content: { 'application/json': { schema: batchRequest.meta({ id: 'EstimateRequest' }) } },
      },
    },
    responses: {
      200: {
        description: 'The plan, with every reason why the request can not run.',
        content: { 'application/json': { schema: shownPlan } },
      },
      ...FAULTS,
    },
  });
  app.openapi(estimate, async (c) => {
    const request = c.req.valid('json');
    return c.json(await runnerOf(c.get('caller')).plan(request), 200);
  });

  const list = createRoute({
    method: 'get',
    path: '/v1/batches',
    operationId: 'listBatches',
    tags,
    summary: 'List batches by status, agent or text',
    middleware: [callerNeeds('read'), reportEtag()],
    request: { query: listQuery },
    responses: {
      200: { description: 'A page.', content: { 'application/json': { schema: pageOf(shownBatch) } } },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => {
    const { cursor, limit, sort, ...filter } = c.req.valid('query');
    const order = sort === 'created' ? 'oldest' : 'newest';
    const pages = sort === 'created' ? oldestFirst : newestFirst;
    const before = pages.positionOf(cursor);
    const found = await runnerOf(c.get('caller')).list({
      ...filter,
      order,
      limit: limit + 1,
      ...(before !== undefined && { before }),
    });
    const last = found.length > limit ? found[limit - 1] : undefined;
    const next_cursor = last === undefined ? null : pages.cursorAt(last.batch_id);
    return c.json({ items: found.slice(0, limit), next_cursor }, 200);
  });

  const read = createRoute({
    method: 'get',
    path: '/v1/batches/{id}',
    operationId: 'readBatch',
    tags,
    summary: 'Show a batch',
    middleware: [callerNeeds('read'), reportEtag()],
    request: { params: batchPath },
    responses: { 200: { description: 'The batch.', ...one }, ...FAULTS },
  });
  app.openapi(read, async (c) => c.json(await runnerOf(c.get('caller')).report(c.req.valid('param').id), 200));

  const flow = createRoute({
    method: 'get',
    path: '/v1/batches/{id}/flow',
    operationId: 'readBatchFlow',
    tags,
    summary: 'Show the way of a batch through its states',
    description: 'With after, only changes with a higher number: those that a client missed.',
    middleware: callerNeeds('read'),
    request: {
      params: batchPath,
      query: strict({
        after: z.coerce
          .number()
          .int()
          .min(0)
          .exactOptional()
          .openapi({ type: 'integer', description: 'The number of the last change that the client knows.' }),
      }),
    },
    responses: {
      200: {
        description: 'The flow.',
        content: { 'application/json': { schema: batchFlow.meta({ id: 'BatchFlow' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(flow, async (c) => {
    const found = await runnerOf(c.get('caller')).flow(c.req.valid('param').id);
    const { after } = c.req.valid('query');
    if (after === undefined) return c.json(found, 200);
    return c.json({ ...found, changes: found.changes.filter(({ number }) => number > after) }, 200);
  });

  const continuation = createRoute({
    method: 'get',
    path: '/v1/batches/{id}/continuation',
    operationId: 'readBatchContinuation',
    tags,
    summary: 'Read a request that continues a batch with another table',
    description: 'Add csv_uri. Rows whose input the batch has answered keep their answers at no cost.',
    middleware: callerNeeds('read'),
    request: { params: batchPath },
    responses: {
      200: {
        description: 'The request: its agent in the version of then, its mappings and its way of reading.',
        content: { 'application/json': { schema: continued.meta({ id: 'BatchContinuation' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(continuation, async (c) =>
    c.json(await runnerOf(c.get('caller')).continuationOf(c.req.valid('param').id), 200),
  );

  const statistics = createRoute({
    method: 'get',
    path: '/v1/batches/{id}/statistics',
    operationId: 'readBatchStatistics',
    tags,
    summary: 'Show what a batch has done, in figures',
    description: 'Rows, times, tokens, cost, and how often each value of a list was answered. It reads all rows.',
    middleware: callerNeeds('read'),
    request: { params: batchPath },
    responses: {
      200: {
        description: 'The figures.',
        content: { 'application/json': { schema: batchStatistics.meta({ id: 'BatchStatistics' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(statistics, async (c) =>
    c.json(await runnerOf(c.get('caller')).statistics(c.req.valid('param').id), 200),
  );

  const change = createRoute({
    method: 'patch',
    path: '/v1/batches/{id}',
    operationId: 'changeBatch',
    tags,
    summary: 'Change the settings of a batch',
    description: 'Effective within two seconds. A higher max_cost_usd accepts that cost.',
    middleware: [callerNeeds('run'), limitBody(1)],
    request: {
      params: batchPath,
      body: { required: true, content: { 'application/json': { schema: batchTuning.meta({ id: 'BatchSettings' }) } } },
    },
    responses: { 200: { description: 'The batch.', ...one }, ...FAULTS },
  });
  app.openapi(change, async (c) =>
    c.json(await runnerOf(c.get('caller')).set(c.req.valid('param').id, c.req.valid('json')), 200),
  );

  const remove = createRoute({
    method: 'delete',
    path: '/v1/batches/{id}',
    operationId: 'deleteBatch',
    tags,
    summary: 'Delete a batch permanently',
    description:
      'Its rows, traces and accounting; its result table stays. It must have ended, or with force be paused.',
    middleware: callerNeeds('run'),
    request: { params: batchPath, query: strict({ force: z.enum(['true', 'false']).optional() }) },
    responses: { 204: { description: 'It is deleted.' }, ...FAULTS },
  });
  app.openapi(remove, async (c) => {
    const force = c.req.valid('query').force === 'true';
    await runnerOf(c.get('caller')).remove(c.req.valid('param').id, { force });
    return c.body(null, 204);
  });
}
