import { createRoute } from '@hono/zod-openapi';
import { metricsQuery, metricsReport } from '../../../runner/contract/report/usage.ts';
import { loadQuery, loadReport } from '../../../runner/contract/request/load.ts';
import type { HttpFace } from '../../face.ts';
import { reportEtag } from '../../middleware/report-etag.ts';
import type { WatchParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';

const shown = metricsReport.meta({ id: 'Metrics' });
const load = loadReport.meta({ id: 'Load' });

/** `GET /v1/metrics` and `GET /v1/load`: the time series. */
export function addMetricsRoutes({ app }: HttpFace, { monitoringOf }: WatchParts): void {
  const read = createRoute({
    method: 'get',
    path: '/v1/metrics',
    operationId: 'readMetrics',
    tags: ['monitoring'],
    summary: 'Read calls, tokens, cost and savings over time',
    description: 'Sums of minutes, hours or days. They equal the bills of the batches to the micro-dollar.',
    middleware: reportEtag(),
    request: { query: metricsQuery },
    responses: {
      200: { description: 'The series.', content: { 'application/json': { schema: shown } } },
      ...FAULTS,
    },
  });
  app.openapi(read, async (c) => c.json(await monitoringOf(c.get('caller')).metrics(c.req.valid('query')), 200));

  const waits = createRoute({
    method: 'get',
    path: '/v1/load',
    operationId: 'readLoad',
    tags: ['monitoring'],
    summary: 'Read how long model calls took and how much waited, over time',
    middleware: reportEtag(),
    request: { query: loadQuery },
    responses: {
      200: { description: 'The series.', content: { 'application/json': { schema: load } } },
      ...FAULTS,
    },
  });
  app.openapi(waits, async (c) => c.json(await monitoringOf(c.get('caller')).load(c.req.valid('query')), 200));
}
