import { createRoute, z } from '@hono/zod-openapi';
import { strict } from '../../../base/schema/strict-object.ts';
import type { Jobs } from '../../../jobs/jobs.ts';
import type { Caller } from '../../../runner/contract/caller.ts';
import { DELIVERY_STATES, deliveryReport } from '../../../runner/contract/service/job.ts';
import type { HttpFace } from '../../face.ts';
import { FAULTS } from '../../problem.ts';

const shown = z.object({ items: z.array(deliveryReport.meta({ id: 'Delivery' })) });
const query = strict({
  state: z.enum(DELIVERY_STATES).optional().openapi({ description: 'dead: the dead letters.' }),
  limit: z.coerce.number().int().min(1).max(1000).default(100).openapi({ type: 'integer' }),
});
const tags = ['jobs'];

/** `/v1/deliveries`: results that are sent to receivers, the dead letters among them. */
export function addDeliveryRoutes({ app }: HttpFace, { jobsOf }: { jobsOf: (caller: Caller) => Jobs }): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/deliveries',
    operationId: 'listDeliveries',
    tags,
    summary: 'List results that are sent by webhook, the newest first',
    request: { query },
    responses: {
      200: { description: 'The deliveries.', content: { 'application/json': { schema: shown } } },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => {
    const { state, limit } = c.req.valid('query');
    const found = await jobsOf(c.get('caller')).deliveries({ limit, ...(state !== undefined && { state }) });
    return c.json({ items: found }, 200);
  });

  const retry = createRoute({
    method: 'post',
    path: '/v1/deliveries/{event}/retry',
    operationId: 'retryDelivery',
    tags,
    summary: 'Send a dead letter again',
    request: { params: z.object({ event: z.string().min(1).max(100).openapi({ description: 'Its event id.' }) }) },
    responses: { 204: { description: 'It is due now.' }, ...FAULTS },
  });
  app.openapi(retry, async (c) => {
    await jobsOf(c.get('caller')).retryDelivery(c.req.valid('param').event);
    return c.body(null, 204);
  });
}
