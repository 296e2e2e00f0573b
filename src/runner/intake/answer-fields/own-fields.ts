import { createHash } from 'node:crypto';
import { type AgentDefinition, agentLabel } from '../../../agent/definition.ts';
import type { JsonSchema } from '../../../protocol/messages.ts';
import type { SchemaDifference } from '../../contract/report/plan.ts';
import type { InlineField } from '../../contract/request/inline-agent.ts';
import type { DefinedAgent } from '../agent/define-inline.ts';
import { compareFields } from './compare-fields.ts';
import { answerSchema } from './field-schema.ts';

const LONGEST_VERSION = 100;

/**
 * An agent of the registry that answers with the request's own fields. A field without a difference keeps the agent's
 * schema, with its bounds and patterns. Where nothing differs, it is the agent itself; else its version gets a digest
 * of the fields.
 */
export function withOwnFields(agent: AgentDefinition, fields: readonly InlineField[]): DefinedAgent {
  const agents = agent.structured_output.schema ?? {};
  const changes = compareFields(answerSchema(fields), agents);
  if (changes.length === 0) return { agent, warnings: [] };
  const schema = mergedSchema(fields, agents, changes);
  const suffix = suffixOf(schema);
  const version = `${agent.version.slice(0, LONGEST_VERSION - suffix.length)}${suffix}`;
  const difference = { agent: agentLabel(agent), changes };
  return {
    agent: { ...agent, version, structured_output: { ...agent.structured_output, schema } },
    warnings: [differenceText(difference)],
    difference,
  };
}

/** The version of the registry of an agent that may have fields of its own. */
export function registeredVersion({ version, structured_output: { schema = {} } }: AgentDefinition): string {
  const suffix = suffixOf(schema);
  return version.endsWith(suffix) ? version.slice(0, -suffix.length) : version;
}

function suffixOf(schema: JsonSchema): string {
  return `-${createHash('sha256').update(JSON.stringify(schema)).digest('hex').slice(0, 8)}`;
}

function mergedSchema(
  fields: readonly InlineField[],
  agents: JsonSchema,
  changes: SchemaDifference['changes'],
): JsonSchema {
  const asked = answerSchema(fields)['properties'] as { [name: string]: JsonSchema };
  const known = (agents['properties'] ?? {}) as { [name: string]: JsonSchema };
  const listed = Array.isArray(agents['required']) ? agents['required'] : [];
  const merged = fields.map(({ name, description }) => {
    const own = changes.filter(({ field }) => field === name || field.startsWith(`${name}.`));
    const [theirs, mine] = [known[name], asked[name] ?? {}];
    const isOnlyText = own.every(({ field, parts }) => field === name && parts.join() === 'description');
    if (theirs === undefined || !isOnlyText) return { name, property: mine, isRequired: true };
    const { description: text, ...rest } = theirs;
    const said = own.length === 0 ? text : description;
    return {
      ...{ name, property: { ...rest, ...(said !== undefined && { description: said }) } },
      isRequired: listed.includes(name),
    };
  });
  return {
    ...agents,
    type: 'object',
    properties: Object.fromEntries(merged.map(({ name, property }) => [name, property])),
    required: merged.flatMap(({ name, isRequired }) => (isRequired ? [name] : [])),
  };
}

function differenceText({ agent, changes }: SchemaDifference): string {
  const kinds = (['added', 'removed', 'changed'] as const).flatMap((kind) => {
    const names = changes.flatMap(({ change, field }) => (change === kind ? [field] : []));
    return names.length === 0 ? [] : [`${kind} ${names.join(', ')}`];
  });
  return `The fields of the answer differ from those of ${agent}: ${kinds.join('; ')}. The batch runs with the fields of the request.`;
}
