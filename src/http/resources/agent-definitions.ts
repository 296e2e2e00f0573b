import { createRoute, z } from '@hono/zod-openapi';
import { agentDefinition } from '../../agent/definition.ts';
import type { Registry } from '../../registry/registry.ts';
import type { HttpFace } from '../face.ts';
import { callerNeeds } from '../middleware/caller-needs.ts';
import { FAULTS } from '../problem.ts';

const agents = z.object({
  sources: z.array(z.string()).openapi({ description: 'The places of the definitions, topmost first.' }),
  items: z.array(
    z.object({
      agent: agentDefinition.meta({ id: 'AgentDefinition' }),
      source: z.string().openapi({ description: 'Its place: one of the sources.' }),
    }),
  ),
});

/** `GET /v1/agent-definitions`. */
export function addAgentDefinitions({ app }: HttpFace, registry: Pick<Registry, 'sources' | 'entries'>): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/agent-definitions',
    operationId: 'listAgentDefinitions',
    tags: ['agents'],
    summary: 'The definitions of every version of every agent',
    middleware: callerNeeds('read'),
    responses: {
      200: { description: 'The agents.', content: { 'application/json': { schema: agents } } },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => {
    const items = (await registry.entries()).map(({ definition, source }) => ({ agent: definition, source }));
    return c.json({ sources: [...registry.sources], items }, 200);
  });
}
