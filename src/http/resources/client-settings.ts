import { createRoute, z } from '@hono/zod-openapi';
import type { Savings } from '../../runner/contract/report.ts';
import { savings } from '../../runner/contract/report.ts';
import type { HttpFace } from '../face.ts';
import { callerNeeds } from '../middleware/caller-needs.ts';
import type { StartParts } from '../parts.ts';
import { FAULTS } from '../problem.ts';

const settings = z
  .object({
    version: z.string().openapi({ description: 'The version of the server.' }),
    confirm_above_usd: z.number().openapi({
      description: 'Expected dollars from which a person has to accept a start (ROWMILL_CONFIRM_ABOVE_USD); 0: always.',
    }),
    saved: savings.describe('What all batches have saved so far.'),
  })
  .openapi('ClientSettings');

/** `GET /v1/client-settings`: what a client needs before it starts something. */
export function addClientSettings(
  { app }: HttpFace,
  { runnerOf, approval }: Pick<StartParts, 'runnerOf' | 'approval'>,
  version: string,
): void {
  const read = createRoute({
    method: 'get',
    path: '/v1/client-settings',
    operationId: 'readClientSettings',
    tags: ['server'],
    summary: 'The settings that clients need, and what batches have saved',
    middleware: callerNeeds('read'),
    responses: {
      200: { description: 'The settings.', content: { 'application/json': { schema: settings } } },
      ...FAULTS,
    },
  });
  app.openapi(read, async (c) => {
    const caller = c.get('caller');
    const saved: Savings = await runnerOf(caller).savings();
    return c.json({ version, confirm_above_usd: approval(caller).confirmAboveUsd, saved }, 200);
  });
}
