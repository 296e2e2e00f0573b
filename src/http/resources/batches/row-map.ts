import { createRoute, z } from '@hono/zod-openapi';
import { strict } from '../../../base/schema/strict-object.ts';
import { MAX_RANGES, rowMap, rowMapQuery } from '../../../runner/contract/request/row-query.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import { reportEtag } from '../../middleware/report-etag.ts';
import type { StartParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';
import { batchPath } from './batch-path.ts';

const query = strict({
  ranges: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_RANGES)
    .default(200)
    .openapi({ type: 'integer', description: rowMapQuery.shape.ranges.description ?? '' }),
});

/** `GET /v1/batches/{id}/row-map`: the counts by status of all rows, in equal ranges. */
export function addRowMapRoute({ app }: HttpFace, { runnerOf }: Pick<StartParts, 'runnerOf'>): void {
  const map = createRoute({
    method: 'get',
    path: '/v1/batches/{id}/row-map',
    operationId: 'readRowMap',
    tags: ['rows'],
    summary: 'Count all rows by status, in equal ranges in the order of the source',
    middleware: [callerNeeds('read'), reportEtag()],
    request: { params: batchPath, query },
    responses: {
      200: { description: 'The ranges.', content: { 'application/json': { schema: rowMap.meta({ id: 'RowMap' }) } } },
      ...FAULTS,
    },
  });
  app.openapi(map, async (c) =>
    c.json(await runnerOf(c.get('caller')).rowMap(c.req.valid('param').id, c.req.valid('query')), 200),
  );
}
