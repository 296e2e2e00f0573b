import { createRoute, z } from '@hono/zod-openapi';
import { type AgentDefinition, agentDefinition } from '../../agent/definition.ts';
import { strict } from '../../base/schema/strict-object.ts';
import { type RegistryEntry, resolveAgent } from '../../registry/registry.ts';
import { jsonObject } from '../../runner/contract/report/row.ts';
import { inlineAgent } from '../../runner/contract/request/inline-agent.ts';
import { checkStructured } from '../../runner/intake/validate-input.ts';
import { parseAgentName } from '../../tools/agent-name.ts';
import { checkCompatibility, compatibility } from '../../tools/validate-agent-compatibility.ts';
import type { HttpFace } from '../face.ts';
import { callerNeeds } from '../middleware/caller-needs.ts';
import { idempotencyHeader } from '../middleware/idempotency.ts';
import { FAULTS } from '../problem.ts';
import { type AgentRouteParts, addAgentRuns, agentPath, checkRequest, shownDefinition } from './agent-runs.ts';
import { defineAgent } from './define-agent.ts';

const tags = ['agents'];
const listed = z
  .object({
    name: z.string(),
    version: z.string(),
    description: z.string(),
    model: z.string().openapi({ description: 'As provider/model.' }),
    source: z.string().openapi({ description: 'Where it comes from.' }),
    runs_in_batches: z.boolean().openapi({ description: 'Whether its answer has fields, which a batch needs.' }),
    definition: shownDefinition.optional().openapi({ description: 'The whole definition, where it was asked for.' }),
  })
  .openapi('Agent');
const shown = listed
  .omit({ definition: true })
  .extend({
    instructions: z.string(),
    prompt: z.string().nullable().openapi({ description: 'The first message of a row; null: its input as JSON.' }),
    input_schema: jsonObject.nullable(),
    output_schema: jsonObject.nullable(),
    tools: z.array(z.string()).openapi({ description: 'The names or kinds of its tools.' }),
    versions: z.array(z.string()).openapi({ description: 'All versions of the name, the newest first.' }),
  })
  .openapi('AgentDetails');
const newAgent = strict({
  name: agentDefinition.shape.name,
  ...inlineAgent.shape,
  columns: z
    .array(z.string().min(1).max(200))
    .max(1000)
    .describe('A text in braces that is one of these columns is a placeholder, whatever it looks like.')
    .exactOptional(),
}).meta({ id: 'NewAgent' });
const shownVerdict = compatibility.omit({ next_step: true, available_agents: true }).meta({ id: 'Compatibility' });
const one = { content: { 'application/json': { schema: shown } } };

/** `/v1/agents`: those of the registry, and those that are stored beside it. */
export function addAgentRoutes(face: HttpFace, parts: AgentRouteParts): void {
  const { app, limitBody, idempotent } = face;
  const { registry, audit, runnerOf } = parts;

  async function details(definition: AgentDefinition) {
    const entries = await registry.entries();
    const found = entries.find((entry) => isSame(entry.definition, definition));
    const versions = entries.flatMap(({ definition: { name, version } }) =>
      name === definition.name ? [version] : [],
    );
    return { ...describe({ definition, source: found?.source ?? '' }), ...detailsOf(definition), versions };
  }

  const list = createRoute({
    method: 'get',
    path: '/v1/agents',
    operationId: 'listAgents',
    tags,
    summary: 'List agents, every version',
    middleware: callerNeeds('read'),
    request: {
      query: strict({
        definitions: z.enum(['true', 'false']).optional().openapi({ description: 'true: with their definitions.' }),
      }),
    },
    responses: {
      200: {
        description: 'The agents by name, the newest version first.',
        content: { 'application/json': { schema: z.object({ items: z.array(listed) }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(list, async (c) => {
    const isWhole = c.req.valid('query').definitions === 'true';
    const items = (await registry.entries()).map((entry) => ({
      ...describe(entry),
      ...(isWhole && { definition: entry.definition }),
    }));
    return c.json({ items }, 200);
  });

  const read = createRoute({
    method: 'get',
    path: '/v1/agents/{agent}',
    operationId: 'readAgent',
    tags,
    summary: 'Show an agent',
    middleware: callerNeeds('read'),
    request: { params: agentPath },
    responses: { 200: { description: 'The agent.', ...one }, ...FAULTS },
  });
  app.openapi(read, async (c) => c.json(await details(await resolveAgent(registry, c.req.valid('param').agent)), 200));

  const save = createRoute({
    method: 'post',
    path: '/v1/agents',
    operationId: 'saveAgent',
    tags,
    summary: 'Store an agent, or a new version of one',
    description:
      'A prompt, fields, media and a model, and nothing else: it has the limits of an inline target. The same definition again adds no version.',
    middleware: [callerNeeds('run'), limitBody(1), idempotent()],
    request: {
      headers: idempotencyHeader,
      body: {
        required: true,
        content: {
          'application/json': {
            schema: newAgent,
          },
        },
      },
    },
    responses: { 201: { description: 'The agent.', ...one }, ...FAULTS },
  });
  app.openapi(save, async (c) => {
    const { name, columns, ...asked } = c.req.valid('json');
    const caller = c.get('caller');
    const { agent } = await defineAgent(runnerOf(caller), asked, columns);
    const saved = await audit.around({ caller, action: 'agent-save', subject: name }, () =>
      parts.saveAgent(name, agent),
    );
    c.header('Location', `/v1/agents/${saved.name}@${saved.version}`);
    return c.json(await details(saved), 201);
  });

  const remove = createRoute({
    method: 'delete',
    path: '/v1/agents/{agent}',
    operationId: 'deleteAgent',
    tags,
    summary: 'Delete a stored agent, or one version of it',
    description: 'Batches keep the definition that they ran with. An agent of the registry is removed there.',
    middleware: callerNeeds('run'),
    request: { params: agentPath },
    responses: { 204: { description: 'It is deleted.' }, ...FAULTS },
  });
  app.openapi(remove, async (c) => {
    const { agent: subject } = c.req.valid('param');
    const { name, version } = parseAgentName(subject);
    await audit.around({ caller: c.get('caller'), action: 'agent-delete', subject }, () =>
      parts.removeAgent(name, version),
    );
    return c.body(null, 204);
  });

  const check = createRoute({
    method: 'post',
    path: '/v1/agents/{agent}/check',
    operationId: 'checkAgent',
    tags,
    summary: 'Check an agent by itself, or against a table',
    middleware: [callerNeeds('read'), limitBody(1)],
    request: {
      params: agentPath,
      body: { required: true, content: { 'application/json': { schema: checkRequest.meta({ id: 'AgentCheck' }) } } },
    },
    responses: {
      200: {
        description: 'The verdict, with every reason.',
        content: {
          'application/json': {
            schema: shownVerdict,
          },
        },
      },
      ...FAULTS,
    },
  });
  app.openapi(check, async (c) => {
    const { agent } = c.req.valid('param');
    await resolveAgent(registry, agent);
    const request = { agent_name: agent, ...c.req.valid('json') };
    const found = await checkCompatibility(request, { registry, runner: runnerOf(c.get('caller')) });
    const { next_step: _, available_agents: __, ...verdict } = found;
    return c.json(verdict as z.output<typeof shownVerdict>, 200);
  });

  addAgentRuns(face, parts);
}

function describe({ definition, source }: RegistryEntry) {
  const { name, version, description, model } = definition;
  const runs_in_batches = checkStructured(definition).length === 0;
  return { name, version, description, model: `${model.provider}/${model.model}`, source, runs_in_batches };
}

/** Without addresses, headers and environments of tools, which may hold secrets. */
function detailsOf({ instructions, prompt, input, structured_output: output, tools }: AgentDefinition) {
  return {
    instructions,
    prompt: prompt?.user ?? null,
    input_schema: input ?? null,
    output_schema: output.schema ?? null,
    tools: tools.map((tool) => ('http' in tool ? tool.http.name : 'mcp' in tool ? 'mcp' : 'module')),
  };
}

function isSame(a: AgentDefinition, b: AgentDefinition): boolean {
  return a.name === b.name && a.version === b.version;
}
