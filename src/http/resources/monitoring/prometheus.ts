import { createRoute, z } from '@hono/zod-openapi';
import { EXPOSITION_TYPE } from '../../../monitoring/prometheus/exposition.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import type { WatchParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';

/** `GET /metrics`, for Prometheus. */
export function addPrometheusRoute({ app }: HttpFace, { prometheus }: Pick<WatchParts, 'prometheus'>): void {
  const scrape = createRoute({
    method: 'get',
    path: '/metrics',
    operationId: 'scrapeMetrics',
    tags: ['monitoring'],
    summary: 'Read the metrics of the service in the text format of Prometheus',
    middleware: callerNeeds('read'),
    responses: {
      200: { description: 'The metrics.', content: { 'text/plain': { schema: z.string() } } },
      ...FAULTS,
    },
  });
  app.openapi(scrape, async (c) => c.body(await prometheus(), 200, { 'content-type': EXPOSITION_TYPE }) as never);
}
