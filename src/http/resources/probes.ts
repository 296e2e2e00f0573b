import { createRoute } from '@hono/zod-openapi';
import type { HttpFace } from '../face.ts';
import type { ServerParts } from '../parts.ts';
import { FAULTS } from '../problem.ts';
import { health } from '../schemas.ts';

/** Paths that are answered without a key, for health probes. */
export const OPEN_PATHS = ['/healthz', '/readyz'] as const;

const isUp = { description: 'Yes.', content: { 'application/json': { schema: health } } };

/** The probes of supervisors and load balancers. */
export function addProbes({ app }: HttpFace, { version, ready }: ServerParts): void {
  const healthz = createRoute({
    method: 'get',
    path: '/healthz',
    operationId: 'health',
    tags: ['probes'],
    summary: 'Whether the process answers',
    security: [],
    responses: { 200: isUp, ...FAULTS },
  });
  app.openapi(healthz, (c) => c.json({ status: 'ok', version } as const, 200));

  const readyz = createRoute({
    method: 'get',
    path: '/readyz',
    operationId: 'ready',
    tags: ['probes'],
    summary: 'Whether the store can be used',
    security: [],
    responses: { 200: isUp, ...FAULTS },
  });
  app.openapi(readyz, async (c) => {
    await ready();
    return c.json({ status: 'ok', version } as const, 200);
  });
}
