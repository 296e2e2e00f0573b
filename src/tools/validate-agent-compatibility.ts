import * as z from 'zod';
import { type AgentDefinition, agentLabel } from '../agent/definition.ts';
import { toAppError } from '../base/errors.ts';
import { strict } from '../base/schema/strict-object.ts';
import { type Registry, resolveAgent } from '../registry/registry.ts';
import { type Problem, problem } from '../runner/contract/problem.ts';
import { estimate } from '../runner/contract/report/estimate.ts';
import type { BatchPlan } from '../runner/contract/report/plan.ts';
import { type InputMapping, inputMapping, structuredOutputFields } from '../runner/contract/request/mapping.ts';
import { readingOptions } from '../runner/contract/request/reading.ts';
import type { Target } from '../runner/contract/request/request.ts';
import type { DefinedAgent } from '../runner/intake/agent/define-inline.ts';
import { checkStructured } from '../runner/intake/validate-input.ts';
import { checkMedia } from '../runner/media/check-media.ts';
import { checkMapping, inputFields, requiredFields } from '../runner/rows/mapping.ts';
import { checkOutputMapping } from '../runner/rows/transform-output.ts';
import type { Runner } from '../runner/runner.ts';
import { agentChoice, choiceFault, chosenTarget } from './agent-choice.ts';
import { defineTool } from './define-tool.ts';
import type { OrchestratorTool } from './orchestrator-tool.ts';
import { inWords } from './show/estimate-in-words.ts';
import { shorten } from './show/shorten.ts';
import { atMostOneSource, requireSourceUri, sourceUri, tableSource } from './table-source.ts';
import { anyObject } from './tool-schema.ts';

const input = strict({
  ...agentChoice,
  ...tableSource,
  reading: readingOptions.exactOptional(),
  input_mapping: inputMapping.optional(),
  structured_output_fields: structuredOutputFields.optional(),
})
  .refine(atMostOneSource, 'give at most one of csv_uri and csv_s3_uri')
  .superRefine((args, context) => {
    const fault = choiceFault(args);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: `the call ${fault}` });
  });

const agentInList = z.object({
  name: z.string().describe('The name.'),
  version: z.string().describe('The version.'),
  description: z.string().describe('What it does.'),
  runs_in_batches: z.boolean().describe('Whether its structured output is enabled, which a batch needs.'),
});

/** The verdict on an agent and a table. */
export const compatibility = z.object({
  summary: z.string().describe('The verdict in one sentence.'),
  next_step: z.string().describe('What to do next.'),
  compatible: z.boolean().describe('Whether a batch with this agent (and this table, when one is given) can run.'),
  problems: z.array(problem).describe('Every reason why it can not run; empty when it can.'),
  warnings: z.array(z.string()).describe('Irregularities that do not prevent a batch.'),
  agent: z
    .object({
      name: z.string().describe('The name.'),
      version: z.string().describe('The version.'),
      description: z.string().describe('What it does.'),
      model: z.string().describe('Its model, as provider/model.'),
    })
    .nullable()
    .describe('The agent; null when it was not found.'),
  input_schema: anyObject.nullable().describe("JSON Schema of the agent's input; null when it takes any input."),
  output_schema: anyObject.nullable().describe("JSON Schema of the agent's answer; null when it has none."),
  output_fields: z.array(z.string()).describe('The fields of its answer that can become columns.'),
  columns: z.array(z.string()).nullable().describe("The table's columns; null without a table."),
  row_count: z.number().nullable().describe('How many rows the table has; null when unknown.'),
  proposed_mapping: inputMapping
    .nullable()
    .describe('The mapping that would be used: the one given, or columns named like the fields. Null without a table.'),
  unmapped_fields: z
    .array(
      z.object({ name: z.string().describe('The field.'), required: z.boolean().describe('Whether it is required.') }),
    )
    .describe("The agent's input fields that the mapping does not fill."),
  output_columns: z
    .array(z.string())
    .nullable()
    .describe(
      "The columns that the output table adds to the source's columns, or the fields of the answers where documents are written.",
    ),
  estimate: estimate.nullable().describe('The estimated cost and duration of the batch; null without a table.'),
  available_agents: z.array(agentInList).describe('The existing agents; given only when the agent was not found.'),
});

type Output = z.input<typeof compatibility>;
type Arguments = z.output<typeof input>;

const MOST_AGENTS = 50;
const MOST_COLUMNS = 300;

export interface ValidateParts {
  runner: Runner;
  registry: Registry;
}

/** `validate_agent_compatibility`: whether an agent can run in a batch, and over a table. */
export function createValidateTool(parts: ValidateParts): OrchestratorTool {
  return defineTool({
    name: 'validate_agent_compatibility',
    title: 'Check an agent against a table',
    description:
      "Checks whether an agent can run in a batch and, when a table is given, whether it fits that table: every reason why not, the agent's input and output schemas, a proposed mapping of columns to input fields, and an estimate of the cost. Use it after analyze_csv_structure and before execute_batch_processor; with a name that does not exist it lists the existing agents. Where no agent fits, a target of type inline defines one for this table: a prompt with {column} placeholders and the fields of the answer. It changes nothing and spends nothing.",
    hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    idempotent: true,
    input,
    output: compatibility,
    run: (args) => checkCompatibility(args, parts),
  });
}

/** Checks an agent by itself or against a table; see {@link createValidateTool}. */
export async function checkCompatibility(args: Arguments, parts: ValidateParts): Promise<Output> {
  const target = chosenTarget(args);
  // The table's columns say which texts in braces are placeholders: the plan alone defines such an agent.
  if (target.type === 'inline' && sourceUri(args) !== undefined) {
    return checkAgainstTable(target, args, parts.runner);
  }
  const found = await find(target, parts);
  if ('agents' in found) return notFound(found);
  if ('problem' in found) return notDefined(found.problem);
  const { agent, warnings } = found;
  const described = { ...describeAgent(agent, parts.runner), warnings };
  return sourceUri(args) === undefined
    ? { ...described, ...checkAlone(agent, args) }
    : checkAgainstTable(target, args, parts.runner);
}

type Found = DefinedAgent | { problem: Problem } | { problem: Problem; agents: AgentDefinition[] };

async function find(target: Target, { registry, runner }: ValidateParts): Promise<Found> {
  try {
    if (target.type === 'inline') {
      const { type: _, ...asked } = target;
      return await runner.define(asked);
    }
    const { name, version } = target;
    return { agent: await resolveAgent(registry, version === undefined ? name : `${name}@${version}`), warnings: [] };
  } catch (thrown) {
    const error = toAppError(thrown);
    const problem = { code: error.code, message: error.message };
    if (error.code === 'agent_not_found') return { problem, agents: await registry.list() };
    if (target.type === 'inline' && error.code !== 'internal') return { problem };
    throw error;
  }
}

function notDefined(problem: Problem): Output {
  return {
    ...EMPTY,
    ...verdict([problem], ''),
    next_step: 'Correct the prompt, the fields or the model as problems says, or tell the person.',
  };
}

function notFound({ problem, agents }: { problem: Problem; agents: AgentDefinition[] }): Output {
  return {
    ...EMPTY,
    summary: 'There is no such agent.',
    next_step: 'Choose one of available_agents, or ask the person which one they mean.',
    problems: [problem],
    available_agents: agents.slice(0, MOST_AGENTS).map((agent) => ({
      name: agent.name,
      version: agent.version,
      description: shorten(agent.description, 300),
      runs_in_batches: checkStructured(agent).length === 0,
    })),
  };
}

function checkAlone(agent: AgentDefinition, args: Arguments): Partial<Output> {
  const given = args.input_mapping;
  const problems = [
    ...checkStructured(agent),
    ...checkMedia(agent),
    ...checkOutputMapping(toFields(args), agent.structured_output.schema),
    // Without a table, every column that the mapping names is assumed to exist.
    ...(given === undefined || Object.keys(given).length === 0
      ? []
      : checkMapping(given, agent.input, columnsNamed(given))),
  ];
  return {
    ...verdict(problems, `${agentLabel(agent)} can run in a batch; no table was checked`),
    next_step:
      problems.length === 0
        ? 'Call this tool again with the table, to check that the agent fits it.'
        : 'Correct what problems says, or tell the person.',
  };
}

async function checkAgainstTable(target: Target, args: Arguments, runner: Runner): Promise<Output> {
  const plan = await runner.plan({
    csv_uri: requireSourceUri(args),
    ...(args.reading === undefined ? {} : { reading: args.reading }),
    target,
    ...(args.input_mapping === undefined ? {} : { input_mapping: args.input_mapping }),
    output_mapping: toFields(args),
  });
  const { agent } = plan;
  const label = agent === null ? 'The agent' : agentLabel(agent);
  return {
    ...(agent === null ? EMPTY : describeAgent(agent, runner)),
    ...verdict(plan.problems, `${label} fits the table: ${inWords(plan.estimate)}`),
    next_step:
      plan.problems.length === 0
        ? 'Show the person the proposed mapping and the estimate; start with execute_batch_processor when their wish is clear.'
        : 'Correct what problems says (an input_mapping can fill unmapped_fields), or ask the person.',
    ...describePlan(plan),
  };
}

function describeAgent(agent: AgentDefinition, runner: Runner): Output {
  const schemas = runner.schemasOf(agent);
  return {
    ...EMPTY,
    agent: {
      name: agent.name,
      version: agent.version,
      description: agent.description,
      model: `${agent.model.provider}/${agent.model.model}`,
    },
    input_schema: schemas.input,
    output_schema: schemas.output,
    output_fields: Object.keys(inputFields(schemas.output ?? undefined)),
  };
}

const EMPTY: Output = {
  summary: '',
  next_step: '',
  compatible: false,
  problems: [],
  warnings: [],
  agent: null,
  input_schema: null,
  output_schema: null,
  output_fields: [],
  columns: null,
  row_count: null,
  proposed_mapping: null,
  unmapped_fields: [],
  output_columns: null,
  estimate: null,
  available_agents: [],
};

function toFields(args: Arguments): { structured_output_fields?: string[] } {
  return args.structured_output_fields === undefined ? {} : { structured_output_fields: args.structured_output_fields };
}

function verdict(problems: Problem[], praise: string): Pick<Output, 'summary' | 'compatible' | 'problems'> {
  const reasons = problems.length === 1 ? 'one reason' : `${problems.length} reasons`;
  return {
    summary: problems.length === 0 ? `${praise}.` : `Not compatible, for ${reasons}; see problems.`,
    compatible: problems.length === 0,
    problems,
  };
}

function describePlan(plan: BatchPlan): Partial<Output> {
  const input = plan.agent?.input;
  const required = requiredFields(input);
  const unmapped = Object.keys(inputFields(input)).filter((field) => !Object.hasOwn(plan.input_mapping, field));
  return {
    warnings: plan.warnings,
    columns: plan.columns.slice(0, MOST_COLUMNS).map((column) => shorten(column, 200)),
    row_count: plan.row_count,
    proposed_mapping: plan.input_mapping,
    unmapped_fields: unmapped.map((name) => ({ name, required: required.includes(name) })),
    output_columns: plan.output_columns,
    estimate: plan.estimate,
  };
}

function columnsNamed(mapping: InputMapping): string[] {
  return Object.values(mapping).flatMap((how) => {
    if (typeof how === 'string') return [how];
    if ('columns' in how) return Object.values(how.columns);
    return 'column' in how ? [how.column] : [];
  });
}
