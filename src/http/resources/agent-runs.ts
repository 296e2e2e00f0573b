import { createRoute, z } from '@hono/zod-openapi';
import type { Access } from '../../access/access.ts';
import { agentDefinition } from '../../agent/definition.ts';
import { strict } from '../../base/schema/strict-object.ts';
import { resolveAgent } from '../../registry/registry.ts';
import type { Caller } from '../../runner/contract/caller.ts';
import { jsonObject } from '../../runner/contract/report/row.ts';
import { type Given, triedRun } from '../../runner/contract/report/tried-run.ts';
import { inlineAgent, inlineField } from '../../runner/contract/request/inline-agent.ts';
import { inputMapping, structuredOutputFields } from '../../runner/contract/request/mapping.ts';
import { readingOptions } from '../../runner/contract/request/reading.ts';
import { batchRequest } from '../../runner/contract/request/request.ts';
import type { Runner } from '../../runner/runner.ts';
import type { HttpFace } from '../face.ts';
import { callerNeeds } from '../middleware/caller-needs.ts';
import { idempotencyHeader } from '../middleware/idempotency.ts';
import type { AgentParts } from '../parts.ts';
import { FAULTS } from '../problem.ts';
import { defineAgent } from './define-agent.ts';

const tags = ['agents'];
const ONE_INPUT = 'give exactly one of message, input and csv_uri';

/** What the routes of agents need besides. */
export interface AgentRouteParts extends AgentParts {
  audit: Access['audit'];
  runnerOf: (caller: Caller) => Runner;
}

/** The path of one agent. */
export const agentPath = z.object({
  agent: z
    .string()
    .min(1)
    .max(210)
    .openapi({ description: 'Its name, or name@version. Without a version, the newest.' }),
});

/** The body of a check. */
export const checkRequest = strict({
  csv_uri: batchRequest.shape.csv_uri.exactOptional(),
  reading: readingOptions.exactOptional(),
  input_mapping: inputMapping.exactOptional(),
  structured_output_fields: structuredOutputFields.exactOptional(),
});

const givenShape = {
  message: z.string().min(1).exactOptional().describe('A message, for an agent without a prompt of its own.'),
  input: jsonObject.exactOptional().describe('A row: its cells by column.'),
  csv_uri: batchRequest.shape.csv_uri.exactOptional(),
  row: z.int().min(0).max(1_000_000).default(0).describe('With csv_uri: the number of the row, from 0.'),
  reading: readingOptions.exactOptional(),
  input_mapping: inputMapping.exactOptional(),
};
const tryRequest = strict(givenShape).refine(hasOneInput, ONE_INPUT);
const questionTry = strict({ question: strict(inlineAgent.shape), ...givenShape }).refine(hasOneInput, ONE_INPUT);

const suggestRequest = strict({
  prompt: inlineAgent.shape.prompt,
  columns: z.array(z.string().min(1).max(200)).max(1000).default([]).describe('The columns of the table.'),
});
const suggested = z.object({
  fields: z.array(inlineField),
  model: z.string().describe('The model that suggested them.'),
  cost_usd: z.number().nullable().describe('What the suggestion cost; null when its price is unknown.'),
});

/** The whole definition of an agent. */
export const shownDefinition = agentDefinition.meta({ id: 'AgentDefinition' });
const ran = {
  description: 'The run.',
  content: { 'application/json': { schema: triedRun.meta({ id: 'TriedRun' }) } },
};
const defined = z.object({
  agent: shownDefinition,
  warnings: z.array(z.string()).describe('Choices that the question leaves open, such as the model.'),
});

/** Running an agent once, and suggesting fields: both call a model, and count to the cap of a day as chat turns do. */
export function addAgentRuns({ app, limitBody, idempotent }: HttpFace, parts: AgentRouteParts): void {
  const { registry, audit } = parts;
  const middleware = [callerNeeds('run'), limitBody(4), idempotent()];
  const run = createRoute({
    method: 'post',
    path: '/v1/agents/{agent}/try',
    operationId: 'tryAgent',
    tags,
    summary: 'Run an agent once',
    description: 'A run that fails is answered with 200 and its error. Leaving ends it.',
    middleware,
    request: {
      params: agentPath,
      headers: idempotencyHeader,
      body: { required: true, content: { 'application/json': { schema: tryRequest.meta({ id: 'TryRequest' }) } } },
    },
    responses: { 200: ran, ...FAULTS },
  });
  app.openapi(run, async (c) => {
    const { agent: subject } = c.req.valid('param');
    const given = givenBy(c.req.valid('json'));
    const caller = c.get('caller');
    const agent = await resolveAgent(registry, subject);
    const { signal } = c.req.raw;
    const tried = await audit.around({ caller, action: 'agent-try', subject }, () =>
      parts.tryAgent(agent, { given, signal, caller }),
    );
    return c.json(tried, 200);
  });

  const ask = createRoute({
    method: 'post',
    path: '/v1/agents/try',
    operationId: 'tryQuestion',
    tags,
    summary: 'Run an agent once that the request defines',
    description: 'It is not stored. A run that fails is answered with 200 and its error. Leaving ends it.',
    middleware,
    request: {
      headers: idempotencyHeader,
      body: { required: true, content: { 'application/json': { schema: questionTry.meta({ id: 'QuestionTry' }) } } },
    },
    responses: { 200: ran, ...FAULTS },
  });
  app.openapi(ask, async (c) => {
    const { question, ...asked } = c.req.valid('json');
    const caller = c.get('caller');
    const { agent } = await defineAgent(parts.runnerOf(caller), question);
    const { signal } = c.req.raw;
    const tried = await audit.around({ caller, action: 'agent-try', subject: agent.name }, () =>
      parts.tryAgent(agent, { given: givenBy(asked), signal, caller }),
    );
    return c.json(tried, 200);
  });

  const define = createRoute({
    method: 'post',
    path: '/v1/agents/define',
    operationId: 'defineAgent',
    tags,
    summary: 'Define an agent by a prompt and fields',
    description: 'Stores nothing and calls no model. The definition can go into an agents.yaml.',
    middleware: [callerNeeds('read'), limitBody(1)],
    request: {
      body: {
        required: true,
        content: { 'application/json': { schema: strict(inlineAgent.shape).meta({ id: 'Question' }) } },
      },
    },
    responses: {
      200: {
        description: 'The definition.',
        content: { 'application/json': { schema: defined.meta({ id: 'DefinedAgent' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(define, async (c) =>
    c.json(await defineAgent(parts.runnerOf(c.get('caller')), c.req.valid('json')), 200),
  );

  const suggest = createRoute({
    method: 'post',
    path: '/v1/agents/suggest',
    operationId: 'suggestFields',
    tags,
    summary: 'Suggest the fields of the answer to a prompt',
    description: 'Asks the model of the orchestrator.',
    middleware,
    request: {
      headers: idempotencyHeader,
      body: {
        required: true,
        content: { 'application/json': { schema: suggestRequest.meta({ id: 'SuggestRequest' }) } },
      },
    },
    responses: {
      200: {
        description: 'The fields.',
        content: { 'application/json': { schema: suggested.meta({ id: 'SuggestedFields' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(suggest, async (c) => {
    const caller = c.get('caller');
    const { signal } = c.req.raw;
    const found = await audit.around({ caller, action: 'agent-try', subject: 'schema-suggester' }, () =>
      parts.suggestFields(c.req.valid('json'), { signal, caller }),
    );
    return c.json(found, 200);
  });
}

function hasOneInput({
  message,
  input,
  csv_uri: table,
}: {
  message?: string;
  input?: object;
  csv_uri?: string;
}): boolean {
  return [message, input, table].filter((one) => one !== undefined).length === 1;
}

function givenBy({
  message,
  input,
  csv_uri: table,
  row,
  reading,
  input_mapping: mapping,
}: z.output<typeof tryRequest>): Given {
  if (message !== undefined) return { message };
  const mapped = mapping === undefined ? {} : { mapping };
  if (table !== undefined) return { table, row, ...(reading !== undefined && { reading }), ...mapped };
  return { columns: Object.keys(input ?? {}), cells: Object.values(input ?? {}), ...mapped };
}
