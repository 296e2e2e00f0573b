import type { AgentDefinition } from '../../agent/definition.ts';
import { nearest } from '../../base/nearest.ts';
import type { JsonSchema } from '../../protocol/messages.ts';
import type { Caller } from '../contract/caller.ts';
import type { InputMapping } from '../contract/mapping.ts';
import type { Problem } from '../contract/problem.ts';
import type { BatchRequest, Target } from '../contract/request.ts';
import type { RunnerDeps } from '../deps.ts';
import { checkMapping, identityMapping, proposeMapping, requiredFields } from '../rows/mapping.ts';
import { type DefinedAgent, defineInline } from './define-inline.ts';

/**
 * The definition of a request's target: found in the registry, or made from the request itself.
 * @throws AppError `agent_not_found`, `invalid_arguments`, `config_invalid`
 */
export async function openTarget(
  target: Target,
  table: { columns: readonly string[]; face: Caller['face'] },
  deps: RunnerDeps,
): Promise<DefinedAgent> {
  if (target.type === 'inline') return defineInline(target, deps, table);
  return { agent: await deps.findAgent(target.name, target.version), warnings: [] };
}

/**
 * The mapping of a request; `{}` means identity. A question's placeholders are columns already, so its mapping only adds
 * to them.
 */
export function inputMappingOf(
  { target, input_mapping: given }: BatchRequest,
  { schema, columns }: { schema: JsonSchema | undefined; columns: string[] },
): InputMapping {
  const proposed = proposeMapping(schema, columns);
  if (given === undefined) return proposed;
  if (Object.keys(given).length === 0) return identityMapping(schema, columns);
  return target.type === 'inline' ? { ...proposed, ...given } : given;
}

/** Every reason why a mapping does not fit. A placeholder of a question that is no column is named as one. */
export function checkTargetMapping(
  { type }: Target,
  mapping: InputMapping,
  { agent, columns }: { agent: AgentDefinition; columns: string[] },
): Problem[] {
  const found = checkMapping(mapping, agent.input, columns);
  if (type !== 'inline') return found;
  const isUnmapped = (name: string) => !Object.hasOwn(mapping, name);
  const unknown = (agent.prompt?.placeholders ?? []).filter(isUnmapped);
  const media = requiredFields(agent.input).filter((name) => isUnmapped(name) && !unknown.includes(name));
  return [
    ...unknown.map((name): Problem => ({ code: 'column_unknown', message: unknownColumn(name, columns) })),
    ...media.map((name): Problem => ({ code: 'column_unknown', message: unknownMedia(name, columns) })),
    ...found.filter(({ code }) => code !== 'mapping_invalid'),
  ];
}

function unknownMedia(name: string, columns: string[]): string {
  const near = nearest(name, columns);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  return `media names "${name}", which is no column of the table.${hint} The columns are ${listOf(columns)}.`;
}

function unknownColumn(name: string, columns: string[]): string {
  const near = nearest(name, columns);
  const hint = near === undefined ? '' : ` Did you mean {${near}}?`;
  return `The prompt names {${name}}, which is no column of the table.${hint} The columns are ${listOf(columns)}. To send {${name}} as text, write \\{${name}}.`;
}

function listOf(columns: string[]): string {
  const shown = columns.slice(0, 30).map((column) => `"${column}"`);
  return `${shown.join(', ')}${columns.length > 30 ? ` and ${columns.length - 30} more` : ''}`;
}
