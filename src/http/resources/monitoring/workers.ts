import { createRoute, z } from '@hono/zod-openapi';
import { fleetWorker } from '../../../runner/contract/service/worker.ts';
import type { HttpFace } from '../../face.ts';
import type { WatchParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';

const items = z.object({ items: z.array(fleetWorker.meta({ id: 'Worker' })) });

/** `GET /v1/workers`: the workers of the fleet. */
export function addWorkersRoute({ app }: HttpFace, { monitoringOf }: Pick<WatchParts, 'monitoringOf'>): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/workers',
    operationId: 'listWorkers',
    tags: ['monitoring'],
    summary: 'List the workers of the fleet',
    description: 'Refused with `option_not_supported` where there is no fleet.',
    responses: {
      200: { description: 'The workers.', content: { 'application/json': { schema: items } } },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => c.json({ items: await monitoringOf(c.get('caller')).workers() }, 200));
}
