import { createRoute, z } from '@hono/zod-openapi';
import type { Jobs } from '../../../jobs/jobs.ts';
import type { Caller } from '../../../runner/contract/caller.ts';
import { processedQueue, processRequest, queueReport } from '../../../runner/contract/service/job.ts';
import type { HttpFace } from '../../face.ts';
import { idempotencyHeader } from '../../middleware/idempotency.ts';
import { FAULTS } from '../../problem.ts';

const queue = queueReport.meta({ id: 'Queue' });
const processed = z.object({ items: z.array(processedQueue.meta({ id: 'ProcessedQueue' })) });
const body = {
  required: true,
  content: { 'application/json': { schema: processRequest.meta({ id: 'ProcessRequest' }) } },
};
const answers = {
  200: { description: 'What was started, and what was not.', content: { 'application/json': { schema: processed } } },
  ...FAULTS,
};
const tags = ['jobs'];

/** `/v1/queues`: the jobs that wait, and starting them. */
export function addQueueRoutes(
  { app, limitBody, idempotent }: HttpFace,
  { jobsOf }: { jobsOf: (caller: Caller) => Jobs },
): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/queues',
    operationId: 'listQueues',
    tags,
    summary: 'List the queues with waiting jobs',
    responses: {
      200: {
        description: 'The queues.',
        content: { 'application/json': { schema: z.object({ items: z.array(queue) }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => c.json({ items: await jobsOf(c.get('caller')).queues() }, 200));

  const all = createRoute({
    method: 'post',
    path: '/v1/queues/process',
    operationId: 'processQueues',
    tags,
    summary: 'Process all queues',
    middleware: [limitBody(1), idempotent()],
    request: { headers: idempotencyHeader, body },
    responses: answers,
  });
  app.openapi(all, async (c) => c.json({ items: await jobsOf(c.get('caller')).process(c.req.valid('json')) }, 200));

  const one = createRoute({
    method: 'post',
    path: '/v1/queues/{agent}/process',
    operationId: 'processQueue',
    tags,
    summary: 'Process the queues of one agent',
    middleware: [limitBody(1), idempotent()],
    request: {
      headers: idempotencyHeader,
      params: z.object({ agent: z.string().min(1).max(100).openapi({ description: 'The name of the agent.' }) }),
      body,
    },
    responses: answers,
  });
  app.openapi(one, async (c) => {
    const request = { ...c.req.valid('json'), agent: c.req.valid('param').agent };
    return c.json({ items: await jobsOf(c.get('caller')).process(request) }, 200);
  });
}
