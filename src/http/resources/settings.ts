import { createRoute, z } from '@hono/zod-openapi';
import { strict } from '../../base/schema/strict-object.ts';
import { modelPrice, pricedModel, settings } from '../../runner/contract/service/settings.ts';
import type { HttpFace } from '../face.ts';
import { callerNeeds } from '../middleware/caller-needs.ts';
import type { AgentParts, ServerParts } from '../parts.ts';
import { FAULTS } from '../problem.ts';

const tags = ['settings'];
const models = z
  .union([z.string().max(300), z.array(z.string().max(300)).max(100)])
  .transform((given) => (Array.isArray(given) ? given : given.split(',')))
  .pipe(z.array(pricedModel))
  .optional()
  .openapi({
    type: 'array',
    items: { type: 'string' },
    description: 'Only these, each as provider/model. Default: those of the agents, and the default models.',
  });

/** `/v1/settings` and `/v1/prices`. */
export function addSettingsRoutes(
  { app }: HttpFace,
  { notice }: ServerParts,
  { settings: read, prices }: AgentParts,
): void {
  const shown = createRoute({
    method: 'get',
    path: '/v1/settings',
    operationId: 'readSettings',
    tags,
    summary: 'Show the settings of the server, without secrets',
    middleware: callerNeeds('read'),
    responses: {
      200: {
        description: 'The settings.',
        content: { 'application/json': { schema: settings.meta({ id: 'Settings' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(shown, async (c) => c.json({ notice: notice ?? null, ...(await read()) }, 200));

  const priced = createRoute({
    method: 'get',
    path: '/v1/prices',
    operationId: 'listPrices',
    tags,
    summary: 'Show what models cost',
    middleware: callerNeeds('read'),
    request: { query: strict({ model: models }) },
    responses: {
      200: {
        description: 'The prices.',
        content: {
          'application/json': { schema: z.object({ items: z.array(modelPrice.meta({ id: 'ModelPrice' })) }) },
        },
      },
      ...FAULTS,
    },
  });
  app.openapi(priced, async (c) => c.json({ items: await prices(c.req.valid('query').model) }, 200));
}
